/** "10 km in miles", "convert 5 stone to kg", "how many feet are 3 meters". */
import { callIntent, type Intent, type IntentReader } from "./intent.ts";

const amount = String.raw`(?<value>[-+]?\d[\d,]*(?:\.\d+)?)\s*`;
const unit = (name: string) => String.raw`(?<${name}>(?:degrees? |square |cubic )?[°µa-z][\w°/^²³]*)`;

const forward = new RegExp(
  String.raw`^(?:(?<told>convert)\s+|what(?:'s| is)\s+|how much (?:is|are)\s+)?${amount}${unit("from")}\s+(?:to|in|into|as)\s+${unit("to")}$`,
  "i",
);
const backward = new RegExp(
  String.raw`^how many\s+${unit("to")}\s+(?:(?:is|are)(?:\s+there)?(?:\s+in)?|in|make|equals?)\s+${amount}${unit("from")}$`,
  "i",
);

export const readConversion: IntentReader = (text) => {
  const bare = text.replace(/[\s.?!]+$/, "");
  const asked = (forward.exec(bare) ?? backward.exec(bare))?.groups;
  if (asked === undefined) return undefined;
  const { told, value = "", from = "", to = "" } = asked;
  const known = { from: unitNamed(from), to: unitNamed(to) };
  // "3 pm in Tokyo" and "2 weeks in Paris" have the same form; told to convert, it leaves the judgement to the tool.
  if (told === undefined && (known.from === undefined || known.to === undefined)) return undefined;
  return conversion(Number(value.replaceAll(",", "")), known.from ?? from, known.to ?? to);
};

function conversion(value: number, from: string, to: string): Intent {
  return callIntent("convert_units", { value, from, to }, `${value} ${shownUnit(from)} in ${shownUnit(to)}`);
}

/** Names that `convert_units` knows, each with what people call it. Case does not matter to people. */
const spokenNames: Readonly<Record<string, string>> = {
  mm: "mm millimeter millimetre",
  cm: "cm centimeter centimetre",
  m: "m meter metre",
  km: "km kilometer kilometre",
  inch: "in inch inches",
  ft: "ft foot feet",
  yard: "yd yard",
  miles: "mi mile",
  "m^2": "m2 m² sqm",
  "km^2": "km2 km²",
  sqft: "ft2 ft² sqft",
  acre: "acre",
  hectare: "ha hectare",
  "m^3": "m3 m³",
  mL: "ml milliliter millilitre",
  cL: "cl",
  L: "l liter litre",
  gallon: "gal gallon",
  quart: "quart",
  pint: "pint",
  cup: "cup",
  tablespoon: "tbsp tablespoon",
  teaspoon: "tsp teaspoon",
  floz: "floz",
  mg: "mg milligram",
  g: "g gram gramme",
  kg: "kg kilo kilogram",
  tonne: "t tonne",
  ton: "ton",
  oz: "oz ounce",
  lb: "lb pound",
  stone: "stone",
  degC: "c °c celsius centigrade degc",
  degF: "f °f fahrenheit degf",
  K: "k kelvin",
  ms: "ms millisecond",
  s: "s sec second",
  minutes: "min minute",
  hours: "h hr hour",
  days: "day",
  weeks: "week",
  months: "month",
  years: "year",
  "km/h": "km/h kmh kph",
  "mi/h": "mi/h mph",
  "m/s": "m/s",
  bits: "bit",
  B: "byte",
  kB: "kb kilobyte",
  MB: "mb megabyte",
  GB: "gb gigabyte",
  TB: "tb terabyte",
  KiB: "kib",
  MiB: "mib",
  GiB: "gib",
  J: "j joule",
  kJ: "kj",
  Wh: "wh",
  kWh: "kwh",
  W: "w watt",
  kW: "kw kilowatt",
  hp: "hp horsepower",
  Pa: "pa pascal",
  bar: "bar",
  psi: "psi",
  atm: "atm",
  Hz: "hz hertz",
  deg: "deg degree",
  rad: "rad radian",
};

/** From what people say to what `convert_units` takes. */
export const unitNames: ReadonlyMap<string, string> = new Map(
  Object.entries(spokenNames).flatMap(([name, spoken]) => spoken.split(" ").map((word) => [word, name] as const)),
);

function unitNamed(spoken: string): string | undefined {
  const word = spoken.toLowerCase().replace(/^degrees? /, "");
  const power = /^(square|cubic) (.+)$/.exec(word);
  if (power !== null) {
    const base = unitNamed(power[2] ?? "");
    return base === undefined ? undefined : `${base}^${power[1] === "square" ? 2 : 3}`;
  }
  return unitNames.get(word) ?? (word.endsWith("s") ? unitNames.get(word.slice(0, -1)) : undefined);
}

/** A quantity or a unit of `convert_units` as people write it. */
export function shownUnit(text: string): string {
  return text
    .replace(/\bdeg(?=[CF]\b)/, "°")
    .replace(" / ", "/")
    .replace("^2", "²")
    .replace("^3", "³");
}
