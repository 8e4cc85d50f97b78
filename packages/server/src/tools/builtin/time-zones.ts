/** Where on earth a name is: cities, countries and abbreviations with the zone whose clock they go by. */
import { nearestNames } from "../../base/nearest-names.ts";

/** Names that people use and the time zone database does not, or not in today's spelling. A country has one clock, apart from its islands. */
const placesByZone: Readonly<Record<string, string>> = {
  "Africa/Addis_Ababa": "Ethiopia",
  "Africa/Accra": "Ghana",
  "Africa/Algiers": "Algeria",
  "Africa/Cairo": "Egypt, Alexandria, Giza",
  "Africa/Casablanca": "Morocco, Rabat, Marrakesh, Marrakech, Fez",
  "Africa/Dakar": "Senegal",
  "Africa/Johannesburg": "South Africa, Cape Town, Pretoria, Durban",
  "Africa/Kampala": "Uganda",
  "Africa/Lagos": "Nigeria, Abuja",
  "Africa/Nairobi": "Kenya, Mombasa",
  "Africa/Tunis": "Tunisia",
  "America/Argentina/Buenos_Aires": "Argentina",
  "America/Bogota": "Colombia, Medellin, Cali",
  "America/Caracas": "Venezuela",
  "America/Chicago":
    "Houston, Dallas, Austin, San Antonio, Minneapolis, New Orleans, Memphis, Nashville, St. Louis, Milwaukee, Kansas City",
  "America/Costa_Rica": "San Jose Costa Rica",
  "America/Denver": "Salt Lake City, Albuquerque, El Paso",
  "America/Edmonton": "Calgary",
  "America/Havana": "Cuba",
  "America/Lima": "Peru",
  "America/Los_Angeles":
    "LA, San Francisco, SF, San Diego, San Jose, Silicon Valley, Seattle, Portland, Las Vegas, Sacramento, California, PST, PDT, Pacific time",
  "America/Mexico_City": "Guadalajara",
  "America/Montevideo": "Uruguay",
  "America/New_York":
    "NYC, New York City, Washington, Washington DC, Boston, Miami, Atlanta, Philadelphia, Orlando, Tampa, Baltimore, Pittsburgh, Cleveland, Charlotte, EST, EDT, Eastern time",
  "America/Nuuk": "Nuuk, Greenland",
  "America/Phoenix": "Arizona, Tucson",
  "America/Santiago": "Chile, Valparaiso",
  "America/Sao_Paulo": "Rio de Janeiro, Rio, Brasilia, Belo Horizonte, Porto Alegre, Curitiba",
  "America/Toronto": "Montreal, Ottawa, Quebec",
  "Asia/Almaty": "Kazakhstan, Astana",
  "Asia/Amman": "Jordan",
  "Asia/Baghdad": "Iraq",
  "Asia/Baku": "Azerbaijan",
  "Asia/Bangkok": "Thailand, Phuket, Hanoi",
  "Asia/Beirut": "Lebanon",
  "Asia/Colombo": "Sri Lanka",
  "Asia/Dhaka": "Bangladesh",
  "Asia/Dubai": "Abu Dhabi, United Arab Emirates, UAE, Emirates",
  "Asia/Ho_Chi_Minh": "Ho Chi Minh, Ho Chi Minh City, Vietnam",
  "Asia/Hong_Kong": "HK",
  "Asia/Jakarta": "Bandung",
  "Asia/Jerusalem": "Israel, Tel Aviv, Haifa",
  "Asia/Kabul": "Afghanistan",
  "Asia/Karachi": "Pakistan, Islamabad, Lahore",
  "Asia/Kathmandu": "Kathmandu, Nepal",
  "Asia/Kolkata":
    "Kolkata, India, Mumbai, Bombay, Delhi, New Delhi, Bangalore, Bengaluru, Chennai, Madras, Hyderabad, Pune, Ahmedabad",
  "Asia/Kuala_Lumpur": "Malaysia",
  "Asia/Makassar": "Bali, Denpasar",
  "Asia/Manila": "Philippines, Cebu",
  "Asia/Muscat": "Oman",
  "Asia/Phnom_Penh": "Cambodia",
  "Asia/Pyongyang": "North Korea",
  "Asia/Qatar": "Doha",
  "Asia/Riyadh": "Saudi Arabia, Jeddah, Mecca, Medina",
  "Asia/Seoul": "South Korea, Korea, Busan",
  "Asia/Shanghai": "China, Beijing, Peking, Shenzhen, Guangzhou, Chengdu, Wuhan, Hangzhou, Xi'an, Tianjin, Chongqing",
  "America/Guayaquil": "Ecuador, Quito",
  "Asia/Ulaanbaatar": "Mongolia",
  "Asia/Taipei": "Taiwan",
  "Asia/Tashkent": "Uzbekistan",
  "Asia/Tbilisi": "Georgia",
  "Asia/Tehran": "Iran",
  "Asia/Tokyo": "Japan, Osaka, Kyoto, Yokohama, Nagoya, Sapporo, Fukuoka, Hiroshima, JST",
  "Asia/Yangon": "Yangon, Myanmar, Burma",
  "Asia/Yerevan": "Armenia",
  "Atlantic/Reykjavik": "Iceland",
  "Australia/Brisbane": "Gold Coast, Queensland",
  "Australia/Sydney": "Canberra, New South Wales",
  "Europe/Amsterdam": "Netherlands, Holland, Rotterdam, The Hague, Utrecht, Eindhoven",
  "Europe/Athens": "Greece, Thessaloniki",
  "Europe/Belgrade": "Serbia",
  "Europe/Berlin":
    "Germany, Munich, München, Hamburg, Frankfurt, Cologne, Köln, Stuttgart, Dusseldorf, Düsseldorf, Leipzig, Dresden, Hanover, Nuremberg, Bremen, CET, CEST",
  "Europe/Bratislava": "Slovakia",
  "Europe/Brussels": "Belgium, Antwerp, Ghent, Bruges",
  "Europe/Bucharest": "Romania, Cluj",
  "Europe/Budapest": "Hungary",
  "Europe/Copenhagen": "Denmark, Aarhus",
  "Europe/Dublin": "Ireland, Cork, Galway",
  "Europe/Helsinki": "Finland, Tampere",
  "Europe/Istanbul": "Turkey, Türkiye, Ankara, Izmir, Antalya",
  "Europe/Kyiv": "Kyiv, Ukraine, Lviv, Odesa, Odessa, Kharkiv",
  "Europe/Lisbon": "Portugal, Porto",
  "Europe/Ljubljana": "Slovenia",
  "Europe/London":
    "UK, United Kingdom, Great Britain, Britain, England, Scotland, Wales, Manchester, Birmingham, Liverpool, Leeds, Bristol, Oxford, Cambridge, Edinburgh, Glasgow, Cardiff, Belfast, BST",
  "Europe/Madrid": "Spain, Barcelona, Valencia, Seville, Bilbao, Malaga",
  "Europe/Minsk": "Belarus",
  "Europe/Moscow": "St. Petersburg, Saint Petersburg",
  "Europe/Oslo": "Norway, Bergen",
  "Europe/Paris": "France, Lyon, Marseille, Nice, Toulouse, Bordeaux, Lille, Strasbourg",
  "Europe/Prague": "Czechia, Czech Republic, Brno",
  "Europe/Riga": "Latvia",
  "Europe/Rome": "Italy, Milan, Naples, Turin, Florence, Venice, Bologna",
  "Europe/Sofia": "Bulgaria",
  "Europe/Stockholm": "Sweden, Gothenburg, Malmo",
  "Europe/Tallinn": "Estonia",
  "Europe/Tirane": "Albania, Tirana",
  "Europe/Vienna": "Austria, Graz, Salzburg, Innsbruck, Linz",
  "Europe/Vilnius": "Lithuania",
  "Europe/Warsaw": "Poland, Krakow, Cracow, Gdansk, Wroclaw",
  "Europe/Zagreb": "Croatia, Split, Dubrovnik",
  "Europe/Zurich": "Switzerland, Geneva, Basel, Bern, Lausanne",
  "Pacific/Auckland": "Wellington, Christchurch, New Zealand",
  "Pacific/Honolulu": "Hawaii",
  UTC: "UTC, GMT, Greenwich",
};

/** Countries whose clocks differ; a city says which one is meant. */
const countriesOfManyZones = [
  "USA",
  "US",
  "United States",
  "United States of America",
  "America",
  "Canada",
  "Mexico",
  "Brazil",
  "Russia",
  "Indonesia",
  "Australia",
];

interface Place {
  readonly name: string;
  readonly zone: string;
}

const places: ReadonlyMap<string, Place> = new Map(
  [
    ...Intl.supportedValuesOf("timeZone").flatMap((zone): Place[] => [
      { name: zone, zone },
      { name: zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " "), zone },
    ]),
    ...Object.entries(placesByZone).flatMap(([zone, names]) => names.split(", ").map((name) => ({ name, zone }))),
  ].map((place) => [normal(place.name), place]),
);
const manyZones: ReadonlySet<string> = new Set(countriesOfManyZones.map(normal));

export type ZoneSearch =
  | { readonly kind: "found"; readonly zone: string }
  | { readonly kind: "ambiguous" }
  /** `nearest` are known names that are like it, each with its zone, best first. */
  | { readonly kind: "unknown"; readonly nearest: readonly string[] };

/** The zone of a city, a country with one zone, an abbreviation, or a name of the time zone database. */
export function findZone(text: string): ZoneSearch {
  const name = normal(text);
  const zone = places.get(name)?.zone ?? zoneOfQualifiedName(name) ?? zoneOfDatabase(text.trim());
  if (zone !== undefined) return { kind: "found", zone };
  if (manyZones.has(name)) return { kind: "ambiguous" };
  const nearest = nearestNames(name, places.keys()).flatMap((near) => {
    const place = places.get(near);
    if (place === undefined) return [];
    return [place.name === place.zone ? place.name : `${place.name} (${place.zone})`];
  });
  return { kind: "unknown", nearest };
}

/** "Tokyo, Japan" is Tokyo. "Paris, Texas" is not Paris: what is said behind the comma must have the same clock. */
function zoneOfQualifiedName(name: string): string | undefined {
  const [city = "", country = "", ...rest] = name.split(/\s*,\s*/);
  const zone = places.get(city)?.zone;
  return rest.length === 0 && zone !== undefined && places.get(country)?.zone === zone ? zone : undefined;
}

/** Older and newer spellings of the database (`Asia/Calcutta`, `Europe/Kyiv`). Its abbreviations are not what people mean. */
function zoneOfDatabase(name: string): string | undefined {
  if (!/^[A-Za-z]+\/[A-Za-z0-9_+/-]+$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function normal(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[_\s]+/g, " ")
    .replace(/^the (?=.)/, "")
    .normalize("NFD")
    .replace(/\p{M}/gu, "");
}
