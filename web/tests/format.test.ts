// Does every figure look as the rules of numbers say?
import { describe, expect, it } from "vitest";
import {
  age,
  basisPoints,
  change,
  direction,
  exact,
  interval,
  join,
  leverage,
  maskMoney,
  minorUnits,
  money,
  moneyChange,
  number,
  pair,
  parts,
  percent,
  percentChange,
  plural,
  points,
  type Separators,
  separatorsOf,
} from "@/lib/format";

const EN: Separators = { group: ",", point: "." };
const DE: Separators = { group: ".", point: "," };
const FR: Separators = { group: "\u00a0", point: "," };

describe("numbers", () => {
  it.each([
    ["1234567.891", 2, EN, "1,234,567.89"],
    ["1234567.891", 2, DE, "1.234.567,89"],
    ["1234567.891", 2, FR, "1\u00a0234\u00a0567,89"],
    ["999.5", 0, EN, "1,000"],
    ["-786.38", 2, EN, "−786.38"],
    ["-0.001", 2, EN, "0.00"],
    ["-0", 2, EN, "0.00"],
    ["0", 0, EN, "0"],
    ["100", 0, EN, "100"],
    ["1000", 0, EN, "1,000"],
    ["9".repeat(21), 0, EN, "999,999,999,999,999,999,999"],
    [`0.${"0".repeat(78)}1`, 2, EN, "0.00"],
  ])("%s to %i places", (text, places, separators, expected) => {
    expect(number(text, places, separators)).toBe(expected);
  });

  it.each([
    ["1284.36", "+1,284.36"],
    ["-100.45", "−100.45"],
    ["0.00", "0.00"],
    ["-0.004", "0.00"],
    ["0.004", "0.00"],
    ["0.005", "0.00"],
    ["0.015", "+0.02"],
  ])("the change %s", (text, expected) => {
    expect(change(text, 2, EN)).toBe(expected);
  });

  it("takes cents apart, so that they can be dimmed", () => {
    expect(parts("250440.77", 2, false, EN)).toEqual({ sign: "", whole: "250,440", fraction: ".77", zero: false });
    expect(parts("-0.001", 2, true, EN)).toEqual({ sign: "", whole: "0", fraction: ".00", zero: true });
    expect(join(parts("-5", 0, true, EN))).toBe("−5");
  });

  it("writes units with a space and points as a word", () => {
    expect(percent("0.519", EN)).toBe("0.52 %");
    expect(percentChange("0.519", EN)).toBe("+0.52 %");
    expect(percentChange("-0.004", EN)).toBe("0.00 %");
    expect(points("6.42", EN)).toBe("+6.42 points");
    expect(points("-3.62", EN)).toBe("−3.62 points");
    expect(basisPoints("1.25", EN)).toBe("1.2 bp");
    expect(leverage("1.3", EN)).toBe("1.3×");
  });

  it("counts money in the currency's minor units", () => {
    expect([minorUnits("USD"), minorUnits("JPY"), minorUnits("KWD"), minorUnits("USDT"), minorUnits("BTC")]).toEqual([
      2, 0, 3, 2, 8,
    ]);
    expect(money("11760.875", "USD", EN)).toBe("11,760.88");
    expect(money("11760.5", "JPY", EN)).toBe("11,760");
    expect(moneyChange("-0.14", "USD", EN)).toBe("−0.14");
    expect(interval("250440.77", "245242.61", "255638.93", "USD", EN)).toBe(
      "250,440.77, between 245,242.61 and 255,638.93",
    );
  });

  it("adds digits until the sentence agrees with its verdict", () => {
    expect(pair("5.004", "5", 2, EN)).toEqual(["5.004", "5.000"]);
    expect(pair("95.30", "100", 2, EN)).toEqual(["95.30", "100.00"]);
    expect(pair("6", "8", 0, EN)).toEqual(["6", "8"]);
  });

  it("keeps every digit where exactness is asked for", () => {
    expect(exact("250440.770000", EN)).toBe("250,440.77");
    expect(exact("-0.00012345", EN)).toBe("−0.00012345");
    expect(exact("10.00", EN)).toBe("10");
  });

  it("knows which side of zero a cut value is", () => {
    expect([direction("0.01", 2), direction("-0.01", 2), direction("-0.004", 2)]).toEqual(["gain", "loss", "zero"]);
  });

  it("counts things", () => {
    expect([plural(1, "break"), plural(2, "break"), plural(1200, "fact")]).toEqual([
      "1 break",
      "2 breaks",
      "1,200 facts",
    ]);
  });
});

describe("separators", () => {
  it.each([
    ["en-US", ",", "."],
    ["de-DE", ".", ","],
    ["fr-FR", "\u00a0", ","],
    ["pl-PL", "\u00a0", ","],
    ["ar-EG", ",", "."],
  ])("of %s", (locale, group, point) => {
    expect(separatorsOf(locale)).toEqual({ group, point });
  });
});

describe("ages", () => {
  it.each([
    [0, "1 s"],
    [0.4, "1 s"],
    [1.9, "1 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [119, "1 min"],
    [3599, "59 min"],
    [3600, "1 h"],
    [5280, "1 h 28 min"],
    [86399, "23 h 59 min"],
    [86400, "1 d"],
    [3 * 86400 + 5, "3 d"],
  ])("%d seconds", (seconds, expected) => {
    expect(age(seconds)).toBe(expected);
  });
});

describe("privacy", () => {
  it.each([
    ["Fee 0.14, P&L today +212.40", "Fee •••, P&L today •••"],
    ["Deposit 10,000.00", "Deposit •••"],
    ["Deposit 10,000", "Deposit •••"],
    ["LOW_PRIORITY: score 62.4, NEUTRAL asks 70.0", "LOW_PRIORITY: score 62.4, NEUTRAL asks 70.0"],
    ["Drawdown 3.94 %", "Drawdown 3.94 %"],
    ["Grew 1,234.56 %", "Grew 1,234.56 %"],
    ["SPY +6.42 of 5.00 points", "SPY +6.42 of 5.00 points"],
    ["Cash, 6 positions, 0 open orders", "Cash, 6 positions, 0 open orders"],
    ["−786.38 lost", "••• lost"],
  ])("%s", (sentence, expected) => {
    expect(maskMoney(sentence)).toBe(expected);
  });
});
