// Are decimals exact, whatever their size?
import { describe, expect, it } from "vitest";
import {
  add,
  compare,
  cut,
  cutPair,
  isDecimal,
  isZero,
  NotADecimal,
  negate,
  parse,
  placesOf,
  sign,
  trim,
} from "@/lib/decimal";

const HUGE = `${"9".repeat(60)}.${"9".repeat(19)}`;
const TINY = `0.${"0".repeat(78)}1`;

describe("cut", () => {
  it.each([
    // ties go to the even digit
    ["0.5", 0, "0"],
    ["1.5", 0, "2"],
    ["2.5", 0, "2"],
    ["3.5", 0, "4"],
    ["-0.5", 0, "0"],
    ["-1.5", 0, "-2"],
    ["-2.5", 0, "-2"],
    ["0.005", 2, "0.00"],
    ["0.015", 2, "0.02"],
    ["0.025", 2, "0.02"],
    ["0.035", 2, "0.04"],
    ["-0.015", 2, "-0.02"],
    ["-0.025", 2, "-0.02"],
    ["1.005", 2, "1.00"], // what a float would get wrong
    ["2.675", 2, "2.68"],
    ["1.115", 2, "1.12"],
    // just beside a tie
    ["0.0250000000000000000000000001", 2, "0.03"],
    ["0.0249999999999999999999999999", 2, "0.02"],
    ["-0.0250000000000000000000000001", 2, "-0.03"],
    // carries
    ["9.995", 2, "10.00"],
    ["99.999", 2, "100.00"],
    ["-0.999", 2, "-1.00"],
    // padding, and nothing to cut
    ["5", 2, "5.00"],
    ["5.1", 2, "5.10"],
    ["5.10", 2, "5.10"],
    ["5.10", 0, "5"],
    // zero has no sign
    ["-0", 0, "0"],
    ["-0.000", 2, "0.00"],
    ["-0.004", 2, "0.00"],
    ["-0.005", 2, "0.00"],
    ["0.004", 2, "0.00"],
    // sizes
    [HUGE, 2, `1${"0".repeat(60)}.00`],
    [`-${HUGE}`, 2, `-1${"0".repeat(60)}.00`],
    [TINY, 2, "0.00"],
    [TINY, 79, TINY],
    [`-${TINY}`, 78, `0.${"0".repeat(78)}`],
    ["123456789012345678901234567890.125", 2, "123456789012345678901234567890.12"],
    ["123456789012345678901234567890.135", 2, "123456789012345678901234567890.14"],
    ["007.50", 1, "7.5"],
  ])("%s to %i places is %s", (text, places, expected) => {
    expect(cut(text, places)).toBe(expected);
  });

  it("cuts 80 characters without losing one", () => {
    const value = `${"1234567890".repeat(4)}.${"0987654321".repeat(3)}098765432`;
    expect(value).toHaveLength(80);
    expect(cut(value, 39)).toBe(value);
    expect(cut(value, 1)).toBe(`${"1234567890".repeat(4)}.1`);
  });
});

describe("compare", () => {
  it.each([
    ["1", "1.0", 0],
    ["1", "1.000000000000000000000000000000001", -1],
    ["-1", "-1.01", 1],
    ["-0", "0.00", 0],
    ["10", "9", 1],
    ["-10", "-9", -1],
    [HUGE, `1${"0".repeat(60)}`, -1],
    [TINY, "0", 1],
    [`-${TINY}`, "0", -1],
  ])("%s with %s", (a, b, expected) => {
    expect(compare(a, b)).toBe(expected);
    expect(compare(b, a)).toBe(-expected === 0 ? 0 : -expected);
  });
});

describe("add", () => {
  it.each([
    [["0.1", "0.2"], "0.3"],
    [["1.10", "-1.1"], "0.00"],
    [["-0.05", "0.04"], "-0.01"],
    [["9".repeat(40), "1"], `1${"0".repeat(40)}`],
    [[HUGE, TINY, `-${HUGE}`], TINY],
    [[], "0"],
  ])("%j is %s", (terms, expected) => {
    expect(add(...terms)).toBe(expected);
  });
});

describe("cutPair", () => {
  it.each([
    ["5.004", "5", 2, ["5.004", "5.000"]],
    ["5.1", "5", 2, ["5.10", "5.00"]],
    ["5", "5.000", 2, ["5.00", "5.00"]],
    ["4.9999", "5", 2, ["4.9999", "5.0000"]],
    ["100.000000001", "100", 2, ["100.000000001", "100.000000000"]],
    ["5.001", "5.002", 2, ["5.001", "5.002"]],
    ["-5.004", "-5", 2, ["-5.004", "-5.000"]],
  ])("%s beside %s", (a, b, places, expected) => {
    expect(cutPair(a, b, places)).toEqual(expected);
  });
});

describe("the rest", () => {
  it.each([
    ["12.500", "12.5"],
    ["3.00", "3"],
    ["0.000", "0"],
    ["-0.10", "-0.1"],
    ["1000", "1000"],
    ["-0", "0"],
  ])("trims %s to %s", (text, expected) => {
    expect(trim(text)).toBe(expected);
  });

  it("knows sign, zero, negation and places", () => {
    expect([sign("-0.00"), sign("0.001"), sign("-3")]).toEqual([0, 1, -1]);
    expect([isZero("-0"), isZero(TINY)]).toEqual([true, false]);
    expect([negate("5.10"), negate("-5"), negate("0.0")]).toEqual(["-5.10", "5", "0.0"]);
    expect([placesOf("5.100"), placesOf("5"), placesOf(TINY)]).toEqual([1, 0, 79]);
  });

  it.each([
    "",
    " 1",
    "1.",
    ".5",
    "+1",
    "1e3",
    "1,000",
    "NaN",
    "Infinity",
    "--1",
    "1.2.3",
    "٣",
  ])("refuses %j", (text) => {
    expect(isDecimal(text)).toBe(false);
    expect(() => parse(text)).toThrow(NotADecimal);
  });
});
