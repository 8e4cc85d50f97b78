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
  // "3 pm in Tokyo" and "2 weeks in Paris" have the same form; told to convert, it leaves the judgement to the tool.
  if (told === undefined && !(isUnit(from) && isUnit(to))) return undefined;
  return conversion(Number(value.replaceAll(",", "")), unitName(from), unitName(to));
};

function conversion(value: number, from: string, to: string): Intent {
  return callIntent("convert_units", { value, from, to }, `${value} ${from} in ${to}`);
}

const knownUnits = new Set(
  [
    "mm cm dm m km in inch inches ft foot feet yd yard mi mile angstrom micron µm nm",
    "millimeter millimetre centimeter centimetre meter metre kilometer kilometre",
    "mg g kg t gram kilogram kilo milligram ton tonne lb lbs pound oz ounce stone",
    "ml cl dl l liter litre milliliter millilitre gallon quart pint cup tablespoon teaspoon floz",
    "c f k celsius fahrenheit kelvin °c °f degc degf",
    "ms s sec second min minute h hour day week month year decade century",
    "km/h kmh kph mph m/s knot ft/s",
    "m2 m² km2 km² ft2 sqft acre hectare ha m3 m³",
    "b bit byte kb mb gb tb kib mib gib tib kilobyte megabyte gigabyte terabyte",
    "j kj cal kcal wh kwh joule calorie w kw hp watt pa kpa bar psi atm n newton deg rad degree radian hz khz mhz ghz",
  ].flatMap((line) => line.split(" ")),
);

function isUnit(name: string): boolean {
  const word = bareUnit(name);
  return knownUnits.has(word) || (word.endsWith("s") && knownUnits.has(word.slice(0, -1)));
}

/** Without what people add: "degrees celsius" and "celsius" are the same unit. */
function bareUnit(name: string): string {
  return name.toLowerCase().replace(/^degrees? /, "");
}

/** Spellings that are common in speech and not in catalogues of units. */
const unitNames: Readonly<Record<string, string>> = {
  c: "celsius",
  f: "fahrenheit",
  k: "kelvin",
  "°c": "celsius",
  "°f": "fahrenheit",
  kmh: "km/h",
  kph: "km/h",
  mph: "mi/h",
  kilo: "kg",
  kilos: "kg",
};

function unitName(name: string): string {
  const bare = name.replace(/^degrees? /i, "");
  return unitNames[bare.toLowerCase()] ?? bare;
}
