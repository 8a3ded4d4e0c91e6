// Are the API types those of openapi.json? Generated anew and compared with what is committed.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../openapi.json", import.meta.url);
const committed = fileURLToPath(new URL("../src/api/schema.d.ts", import.meta.url));

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

if (!existsSync(document)) fail("web/openapi.json is missing: the service writes it.");
const { COMMENT_HEADER } = await import("openapi-typescript");
const wanted =
  COMMENT_HEADER + astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }));
const found = existsSync(committed) ? readFileSync(committed, "utf8") : "";
if (found !== wanted) fail("src/api/schema.d.ts is not what openapi.json says: run `npm run types` and commit it.");
process.stdout.write("src/api/schema.d.ts is current\n");
