// How heavy is the first page? Everything it needs, gzip, with its chart; more than the budget fails.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 350;
const root = fileURLToPath(new URL("../../src/counterpoise/service/static/", import.meta.url));
const assets = readdirSync(`${root}assets`);
const html = readFileSync(`${root}index.html`, "utf8");
const chart = assets.filter((name) => /^equity-chart-.*\.js$/.test(name));
if (chart.length !== 1)
  throw new Error("the chart has no chunk of its own: run `npm run build`, then look at its imports");

const named = (text) => assets.filter((name) => text.includes(name));
const first = new Set(["index.html", ...named(html)]);
for (const name of named(html).filter((item) => item.endsWith(".js"))) {
  // what the entry imports at once comes with it; what it imports later is named in import()
  const code = readFileSync(`${root}assets/${name}`, "utf8");
  for (const [, file] of code.matchAll(/(?:^|[;}\s])import\s*(?:[\w*{}\s,$]+from\s*)?"\.\/([^"]+)"/g)) first.add(file);
}
for (const name of assets) if (name.endsWith(".woff2")) first.add(name);

const kilobytes = (name) => {
  const bytes = readFileSync(name === "index.html" ? root + name : `${root}assets/${name}`);
  // fonts are compressed already
  return (name.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length) / 1000;
};
const line = (name) => {
  const size = kilobytes(name);
  process.stdout.write(`${size.toFixed(1).padStart(8)} kB  ${name}\n`);
  return size;
};

let before = 0;
for (const name of first) if (!chart.includes(name)) before += line(name);
process.stdout.write(`${before.toFixed(1).padStart(8)} kB  before the chart\n`);
const all = before + chart.map(line).reduce((sum, size) => sum + size, 0);
process.stdout.write(`${all.toFixed(1).padStart(8)} kB  with it, of ${BUDGET_KB} kB\n`);
if (all > BUDGET_KB) {
  process.stderr.write(`the first page is ${(all - BUDGET_KB).toFixed(1)} kB over its budget\n`);
  process.exitCode = 1;
}
