// How is a moment written? In the account's zone, 24 h, with seconds.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    formats.set(key, known);
  }
  return known;
}

/** "14:32:07" */
export function clockTime(at: string, zone: string): string {
  return format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Year, month and day in the zone, as the calendar there counts them. */
function calendar(at: string | Date, zone: string): { year: string; month: string; day: string } {
  const text = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));
  const [day = "", month = "", year = ""] = text.split("/");
  return { year, month, day };
}

const monthName = (month: string): string => MONTHS[Number(month) - 1] ?? "";

/** "4 Mar 2010" */
export function dayName(at: string | Date, zone: string): string {
  const { year, month, day } = calendar(at, zone);
  return `${Number(day)} ${monthName(month)} ${year}`;
}

/** "4 Mar 2010, 14:32:07" */
export function moment(at: string, zone: string): string {
  return `${dayName(at, zone)}, ${clockTime(at, zone)}`;
}

/** "2010-03-04" in the zone, to compare with the days that the server writes. */
export function isoDay(at: string, zone: string): string {
  const { year, month, day } = calendar(at, zone);
  return `${year}-${month}-${day}`;
}

/** "4 Mar 2010" from the server's "2010-03-04". */
export function dayText(day: string): string {
  return dayName(`${day}T12:00:00Z`, "UTC");
}

export type TickUnit = "year" | "month" | "day" | "time" | "seconds";

/** Tick marks of a time axis: the year, the month, the day, the hour or the second, whichever changes there. */
export function axisTick(date: Date, zone: string, unit: TickUnit): string {
  if (unit === "seconds") return clockTime(date.toISOString(), zone);
  if (unit === "time") {
    return format(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
  }
  const { year, month, day } = calendar(date, zone);
  if (unit === "year") return year;
  return unit === "month" ? monthName(month) : `${Number(day)} ${monthName(month)}`;
}

export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
