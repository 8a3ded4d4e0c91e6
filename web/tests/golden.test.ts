// Is every JSON that the service writes what the generated types say? The file's name is the name of its schema.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { decode } from "@/feed/protocol";
import { EMPTY, reduce } from "@/feed/state";

const GOLDEN = `${import.meta.dirname}/../../tests/golden/web`;
const DOCUMENT = `${import.meta.dirname}/../openapi.json`;

const files = existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((name) => name.endsWith(".json")) : [];
const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

interface Document {
  components: { schemas: Record<string, unknown> };
}

/** "overview-halted.json" and "Overview.halted.json" are both of the schema Overview. */
function schemaOf(file: string, schemas: readonly string[]): string {
  const bare = file
    .replace(/\.json$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
  const found = schemas
    .filter((name) => bare.startsWith(name.toLowerCase().replace(/[^a-z0-9]/g, "")))
    .sort((a, b) => b.length - a.length)[0];
  if (found === undefined) throw new Error(`${file}: no schema of web/openapi.json has the name that it begins with`);
  return found;
}

describe("golden JSON of the service", () => {
  it("is there", () => {
    expect(files, "tests/golden/web is empty: the service's tests write it").not.toEqual([]);
    expect(existsSync(DOCUMENT), "web/openapi.json is missing: the service writes it").toBe(true);
  });

  it.each(files)("%s is of its schema", (file) => {
    const document = json(DOCUMENT) as Document;
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(document, "openapi");
    const name = schemaOf(file, Object.keys(document.components.schemas));
    const check = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    const data = json(`${GOLDEN}/${file}`);
    check(data);
    expect(check.errors ?? []).toEqual([]);
  });

  it.each(files.filter((file) => /^overview/i.test(file)))("%s is taken by the feed", (file) => {
    const data = json(`${GOLDEN}/${file}`) as { cursor: string };
    const message = decode(
      JSON.stringify({ type: "snapshot", channel: "overview", account: "main", cursor: data.cursor, data }),
    );
    expect(message).not.toBeNull();
    if (message === null) return;
    const state = reduce(EMPTY, { type: "message", now: 0, account: "main", message });
    expect(state.overview?.figures).toBeDefined();
  });
});
