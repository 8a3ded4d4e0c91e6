// How are decimal strings compared, added and cut without ever becoming floats?
// A value is an unscaled BigInt and the count of digits after the point: "-12.50" is { unscaled: -1250n, scale: 2 }.

export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const PLAIN = /^-?\d+(?:\.\d+)?$/;

export class NotADecimal extends Error {
  constructor(readonly text: string) {
    super(`not a decimal in plain notation: ${JSON.stringify(text.slice(0, 100))}`);
    this.name = "NotADecimal";
  }
}

export function isDecimal(text: string): boolean {
  return PLAIN.test(text);
}

export function parse(text: string): Decimal {
  if (!PLAIN.test(text)) throw new NotADecimal(text);
  const point = text.indexOf(".");
  if (point === -1) return { unscaled: BigInt(text), scale: 0 };
  return { unscaled: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** Plain notation with exactly the digits that the value carries; zero has no sign. */
export function print(value: Decimal): string {
  const negative = value.unscaled < 0n;
  const digits = (negative ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const sign = negative ? "-" : "";
  return value.scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-value.scale)}`;
}

const tenTo = (power: number): bigint => 10n ** BigInt(power);

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * tenTo(scale - a.scale), b.unscaled * tenTo(scale - b.scale), scale];
}

export function compare(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = aligned(parse(a), parse(b));
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function add(...terms: readonly string[]): string {
  let sum: Decimal = { unscaled: 0n, scale: 0 };
  for (const term of terms) {
    const [left, right, scale] = aligned(sum, parse(term));
    sum = { unscaled: left + right, scale };
  }
  return print(sum);
}

export function negate(text: string): string {
  const value = parse(text);
  return print({ unscaled: -value.unscaled, scale: value.scale });
}

export function sign(text: string): -1 | 0 | 1 {
  const { unscaled } = parse(text);
  if (unscaled === 0n) return 0;
  return unscaled < 0n ? -1 : 1;
}

export function isZero(text: string): boolean {
  return sign(text) === 0;
}

/** Cut to exactly `places` digits after the point, ties to the even digit; a value that rounds to zero loses its sign. */
export function cut(text: string, places: number): string {
  const value = parse(text);
  if (value.scale <= places) {
    return print({ unscaled: value.unscaled * tenTo(places - value.scale), scale: places });
  }
  const divisor = tenTo(value.scale - places);
  const negative = value.unscaled < 0n;
  const size = negative ? -value.unscaled : value.unscaled;
  const kept = size / divisor;
  const twice = (size % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && kept % 2n === 1n);
  const rounded = up ? kept + 1n : kept;
  return print({ unscaled: negative ? -rounded : rounded, scale: places });
}

/** Without zeros at the end of its fraction: "12.500" is "12.5", "3.00" is "3". */
export function trim(text: string): string {
  const value = parse(text);
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale -= 1;
  }
  return print({ unscaled, scale });
}

/** Digits after the point that the text really needs. */
export function placesOf(text: string): number {
  return parse(trim(text)).scale;
}

/**
 * Cut two values for one sentence ("5.004 beyond 5.000"). If the cut pair would compare otherwise than the exact pair,
 * both get more digits until it does not.
 */
export function cutPair(a: string, b: string, places: number): [string, string] {
  const truth = compare(a, b);
  const most = Math.max(placesOf(a), placesOf(b), places);
  for (let digits = places; digits < most; digits += 1) {
    const left = cut(a, digits);
    const right = cut(b, digits);
    if (compare(left, right) === truth) return [left, right];
  }
  return [cut(a, most), cut(b, most)];
}

/**
 * A float for pixel coordinates: chart points and bar widths. The one place where a decimal leaves exactness; what is
 * shown as text never passes through here.
 */
export function toPixels(text: string): number {
  return Number(text);
}
