/** Times are whole microseconds UTC; they are written in the zone that the header names. */

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}|${JSON.stringify(options)}`;
  let found = made.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    made.set(key, found);
  }
  return found;
}

const write = (at: number, zone: string, options: Intl.DateTimeFormatOptions): string =>
  formatter(zone, options).format(new Date(at / 1000));

export const seconds = (at: number, zone: string): string =>
  write(at, zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const minutes = (at: number, zone: string): string =>
  write(at, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `Thu 7 May`, the heading of a day. */
export const weekday = (at: number, zone: string): string =>
  write(at, zone, { weekday: "short", day: "numeric", month: "short" }).replace(",", "").replace("Sept", "Sep");

/** `7 May 2026`. */
export const date = (at: number, zone: string): string =>
  write(at, zone, { day: "numeric", month: "short", year: "numeric" }).replace("Sept", "Sep");

/** `2026-05-07`, as addresses carry days. */
export const isoDay = (at: number, zone: string): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at / 1000));

/** `7 May 2026` of `2026-05-07`. */
export const dayWords = (day: string): string => date(Date.parse(`${day}T12:00:00Z`) * 1000, "UTC");

/** `7 May 2026, 09:42:11`. */
export const exact = (at: number, zone: string): string => `${date(at, zone)}, ${seconds(at, zone)}`;

/** `2 min`, `7 h`, `3 d`: how long ago. */
export function age(at: number, now: number): string {
  const passed = Math.max(0, now - at);
  if (passed < MINUTE) return `${Math.round(passed / 1_000_000)} s`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min`;
  if (passed < 2 * DAY && passed < DAY) return `${Math.floor(passed / HOUR)} h`;
  return `${Math.floor(passed / DAY)} d`;
}

/** `4 s ago`, or the date when it is longer than two days ago. */
export const ago = (at: number, now: number, zone: string): string =>
  now - at < 2 * DAY ? `${age(at, now)} ago` : `${write(at, zone, { day: "numeric", month: "short" })}, ${minutes(at, zone)}`;

/** `Europe/Berlin, UTC+02:00`. */
export function zoneName(zone: string, at: number): string {
  const offset = formatter(zone, { timeZoneName: "longOffset" })
    .formatToParts(new Date(at / 1000))
    .find((part) => part.type === "timeZoneName")?.value;
  const utc = offset === "GMT" || offset === undefined ? "UTC" : offset.replace("GMT", "UTC");
  return zone === "UTC" ? "UTC" : `${zone}, ${utc}`;
}

export const figure = (n: number): string => n.toLocaleString("en-GB");

/** `2.31 M` above a million, otherwise with commas. */
export const large = (n: number): string => (n >= 1_000_000 ? `${(n / 1_000_000).toFixed(2)} M` : figure(n));

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).replace("_", " ");
