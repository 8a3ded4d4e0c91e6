// Does every colour keep the contrast that the design promises, in both themes?
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(`${import.meta.dirname}/../src/styles/tokens.css`, "utf8");

type Theme = "light" | "dark";
const tokens: Record<Theme, Map<string, string>> = { light: new Map(), dark: new Map() };
for (const [, name = "", light = "", dark = ""] of css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)) {
  tokens.light.set(name, light);
  tokens.dark.set(name, dark);
}

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function token(theme: Theme, name: string): string {
  const value = tokens[theme].get(name);
  if (value === undefined) throw new Error(`no token --${name}`);
  return value;
}

function mixed(over: string, under: string, share: number): string {
  const channel = (at: number): string => {
    const a = Number.parseInt(over.slice(at, at + 2), 16);
    const b = Number.parseInt(under.slice(at, at + 2), 16);
    return Math.round(a * share + b * (1 - share))
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** The table of the design: token, theme, ratio on surface, ratio on raised. */
const MEASURED: readonly [string, Theme, number, number][] = [
  ["line-strong", "dark", 3.66, 3.31],
  ["line-strong", "light", 3.69, 3.23],
  ["text", "dark", 16.01, 14.45],
  ["text", "light", 18.32, 16.03],
  ["text-2", "dark", 9.65, 8.7],
  ["text-2", "light", 8.72, 7.62],
  ["text-3", "dark", 6.27, 5.66],
  ["text-3", "light", 5.67, 4.96],
  ["accent", "dark", 7.83, 7.06],
  ["accent", "light", 7.28, 6.37],
  ["gain", "dark", 10.97, 9.9],
  ["gain", "light", 5.21, 4.56],
  ["loss", "dark", 6.13, 5.53],
  ["loss", "light", 6.63, 5.8],
  ["warn", "dark", 10.82, 9.77],
  ["warn", "light", 6.07, 5.31],
  ["crit", "dark", 7.33, 6.62],
  ["crit", "light", 6.9, 6.03],
  ["info", "dark", 9.68, 8.74],
  ["info", "light", 6.31, 5.52],
];

const WHITE_ON: readonly [string, Theme, number][] = [
  ["accent-solid", "dark", 4.96],
  ["accent-solid", "light", 6.3],
  ["crit-solid", "dark", 5.04],
  ["crit-solid", "light", 6.06],
  ["halt", "dark", 5.88],
  ["halt", "light", 9.35],
];

const THEMES: readonly Theme[] = ["dark", "light"];

describe("tokens", () => {
  it.each(MEASURED)("%s in %s has the measured ratios", (name, theme, onSurface, onRaised) => {
    const colour = token(theme, name);
    expect(contrast(colour, token(theme, "surface"))).toBeCloseTo(onSurface, 1);
    expect(contrast(colour, token(theme, "raised"))).toBeCloseTo(onRaised, 1);
  });

  it.each(MEASURED)("%s in %s reaches its minimum on canvas, surface and raised", (name, theme) => {
    const minimum = name === "line-strong" ? 3 : 4.5;
    for (const under of ["canvas", "surface", "raised"]) {
      expect(contrast(token(theme, name), token(theme, under))).toBeGreaterThanOrEqual(minimum);
    }
  });

  it.each(WHITE_ON)("white on %s in %s", (name, theme, ratio) => {
    const found = contrast("#ffffff", token(theme, name));
    expect(found).toBeCloseTo(ratio, 1);
    expect(found).toBeGreaterThanOrEqual(4.5);
  });

  it("shows the halted frame against the canvas", () => {
    for (const theme of THEMES)
      expect(contrast(token(theme, "halt"), token(theme, "canvas"))).toBeGreaterThanOrEqual(3);
  });

  it.each(THEMES)("text stays readable on the tints in %s", (theme) => {
    for (const tint of ["warn", "crit"]) {
      const under = mixed(token(theme, tint), token(theme, "surface"), 0.1);
      for (const name of ["text", "text-2", tint]) {
        expect(contrast(token(theme, name), under)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it.each(THEMES)("every series is visible on the surface in %s", (theme) => {
    for (let slot = 1; slot <= 8; slot += 1) {
      expect(contrast(token(theme, `series-${slot}`), token(theme, "surface"))).toBeGreaterThanOrEqual(3);
    }
  });
});
