// How does a decimal string look to a person? Cut as a string, U+2212 for minus, separators of the reader.
import { cut, cutPair, isZero, negate, placesOf, sign, trim } from "./decimal";

export interface Separators {
  readonly group: string;
  readonly point: string;
}

/** What a figure is made of: the fraction stands apart because cents are dimmed. */
export interface Parts {
  readonly sign: "" | "+" | typeof MINUS;
  readonly whole: string;
  readonly fraction: string;
  readonly zero: boolean;
}

export const MINUS = "\u2212";
export const NOTHING = "\u2013";
export const HIDDEN = "•••";
const UNBROKEN_SPACE = "\u00a0"; // the narrow one is missing in the font

/** The separators of a locale, always with Latin digits. Any kind of space becomes one that does not break. */
export function separatorsOf(locale: string | undefined): Separators {
  const parts = new Intl.NumberFormat(locale, { numberingSystem: "latn", useGrouping: true }).formatToParts(1234567.5);
  const group = parts.find((part) => part.type === "group")?.value ?? UNBROKEN_SPACE;
  const point = parts.find((part) => part.type === "decimal")?.value ?? ".";
  return { group: /\s/.test(group) ? UNBROKEN_SPACE : group, point };
}

let reader: Separators = separatorsOf(typeof navigator === "undefined" ? "en-US" : navigator.language);

export function readerSeparators(): Separators {
  return reader;
}

export function setReaderSeparators(separators: Separators): void {
  reader = separators;
}

/** A plus is written only on changes: P&L, drift, return. */
export function parts(text: string, places: number, change = false, separators = reader): Parts {
  const value = cut(text, places);
  const direction = sign(value);
  const size = direction < 0 ? negate(value) : value;
  const point = size.indexOf(".");
  const whole = point === -1 ? size : size.slice(0, point);
  return {
    sign: direction < 0 ? MINUS : direction > 0 && change ? "+" : "",
    whole: whole.replace(/\B(?=(\d{3})+$)/g, separators.group),
    fraction: point === -1 ? "" : separators.point + size.slice(point + 1),
    zero: direction === 0,
  };
}

export function join(value: Parts): string {
  return value.sign + value.whole + value.fraction;
}

export function number(text: string, places: number, separators = reader): string {
  return join(parts(text, places, false, separators));
}

export function change(text: string, places: number, separators = reader): string {
  return join(parts(text, places, true, separators));
}

/** Every digit that the value carries, for tooltips and copies. */
export function exact(text: string, separators = reader): string {
  const bare = trim(text);
  return number(bare, placesOf(bare), separators);
}

export function count(value: number, separators = reader): string {
  return number(String(Math.trunc(value)), 0, separators);
}

const MINOR = new Map<string, number>();

/** Digits after the point of a unit of money: the currency's minor units, 8 where the unit is no currency of ISO 4217. */
export function minorUnits(unit: string): number {
  const known = MINOR.get(unit);
  if (known !== undefined) return known;
  const digits = isoCurrency(unit)
    ? (new Intl.NumberFormat("en", { style: "currency", currency: unit }).resolvedOptions().maximumFractionDigits ?? 2)
    : /^USD[A-Z]$/.test(unit) // dollar tokens are counted in cents like the dollar
      ? 2
      : 8;
  MINOR.set(unit, digits);
  return digits;
}

function isoCurrency(unit: string): boolean {
  return /^[A-Z]{3}$/.test(unit) && Intl.supportedValuesOf("currency").includes(unit);
}

export function money(text: string, unit: string, separators = reader): string {
  return number(text, minorUnits(unit), separators);
}

export function moneyChange(text: string, unit: string, separators = reader): string {
  return change(text, minorUnits(unit), separators);
}

/** "0.52 %": percent of something, two digits and a space. */
export function percent(text: string, separators = reader): string {
  return `${number(text, 2, separators)} %`;
}

export function percentChange(text: string, separators = reader): string {
  return `${change(text, 2, separators)} %`;
}

/** "+6.42 points": a difference between two percentages. */
export function points(text: string, separators = reader): string {
  return `${change(text, 2, separators)} points`;
}

/** "1.3 bp" */
export function basisPoints(text: string, separators = reader): string {
  return `${number(text, 1, separators)} bp`;
}

/** "1.3×" */
export function leverage(text: string, separators = reader): string {
  return `${number(text, 1, separators)}×`;
}

/** Two figures of one sentence; more digits where cutting would hide which is larger. */
export function pair(a: string, b: string, places: number, separators = reader): [string, string] {
  const [left, right] = cutPair(a, b, places);
  return [number(left, digitsOf(left), separators), number(right, digitsOf(right), separators)];
}

function digitsOf(text: string): number {
  const point = text.indexOf(".");
  return point === -1 ? 0 : text.length - point - 1;
}

/** "250,440.77, between 245,242.61 and 255,638.93" */
export function interval(value: string, low: string, high: string, unit: string, separators = reader): string {
  return `${money(value, unit, separators)}, between ${money(low, unit, separators)} and ${money(high, unit, separators)}`;
}

/** Which side of zero, as the colour of a P&L may follow it; zero is neither. */
export function direction(text: string, places: number): "gain" | "loss" | "zero" {
  const value = cut(text, places);
  if (isZero(value)) return "zero";
  return sign(value) > 0 ? "gain" : "loss";
}

/** An age from whole seconds: "1 s" … "59 s", "1 min" … "59 min", "1 h 28 min", "3 d". */
export function age(seconds: number): string {
  const whole = Math.max(1, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${count(Math.floor(hours / 24))} d`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const SHARE = String.raw`(?!\.?\d)(?!\s?(?:%|points?\b|bp\b|×|x\b))`;
const GROUPED = new RegExp(String.raw`[+\-\u2212]?\d{1,3}(?:,\d{3})+(?:\.\d+)?${SHARE}`, "g");
const WITH_CENTS = new RegExp(String.raw`[+\-\u2212]?\d+\.\d{2,}${SHARE}`, "g");

/**
 * Hides money inside a sentence of the server: numbers with thousands separators or with two and more digits after the
 * point, unless a unit says that they are a share or a ratio. A sentence about points has no cents in it.
 */
export function maskMoney(sentence: string): string {
  const grouped = sentence.replace(GROUPED, HIDDEN);
  return /\bpoints?\b/.test(sentence) ? grouped : grouped.replace(WITH_CENTS, HIDDEN);
}
