import { nearestNames } from "../../base/nearest-names.ts";

/** Places that people name and the time zone database does not. */
const places: Readonly<Record<string, string>> = {
  beijing: "Asia/Shanghai",
  mumbai: "Asia/Kolkata",
  delhi: "Asia/Kolkata",
  "new delhi": "Asia/Kolkata",
  bangalore: "Asia/Kolkata",
  osaka: "Asia/Tokyo",
  kyoto: "Asia/Tokyo",
  hanoi: "Asia/Bangkok",
  "abu dhabi": "Asia/Dubai",
  "san francisco": "America/Los_Angeles",
  seattle: "America/Los_Angeles",
  "las vegas": "America/Los_Angeles",
  "san diego": "America/Los_Angeles",
  boston: "America/New_York",
  washington: "America/New_York",
  miami: "America/New_York",
  atlanta: "America/New_York",
  philadelphia: "America/New_York",
  houston: "America/Chicago",
  dallas: "America/Chicago",
  austin: "America/Chicago",
  montreal: "America/Toronto",
  ottawa: "America/Toronto",
  "rio de janeiro": "America/Sao_Paulo",
  brasilia: "America/Sao_Paulo",
  geneva: "Europe/Zurich",
  munich: "Europe/Berlin",
  munchen: "Europe/Berlin",
  hamburg: "Europe/Berlin",
  frankfurt: "Europe/Berlin",
  cologne: "Europe/Berlin",
  milan: "Europe/Rome",
  barcelona: "Europe/Madrid",
  edinburgh: "Europe/London",
  manchester: "Europe/London",
  lyon: "Europe/Paris",
  rotterdam: "Europe/Amsterdam",
  "cape town": "Africa/Johannesburg",
  canberra: "Australia/Sydney",
  wellington: "Pacific/Auckland",
  germany: "Europe/Berlin",
  france: "Europe/Paris",
  uk: "Europe/London",
  england: "Europe/London",
  ireland: "Europe/Dublin",
  spain: "Europe/Madrid",
  italy: "Europe/Rome",
  japan: "Asia/Tokyo",
  china: "Asia/Shanghai",
  india: "Asia/Kolkata",
  korea: "Asia/Seoul",
  switzerland: "Europe/Zurich",
  austria: "Europe/Vienna",
  netherlands: "Europe/Amsterdam",
  poland: "Europe/Warsaw",
  turkey: "Europe/Istanbul",
  egypt: "Africa/Cairo",
  utc: "UTC",
  gmt: "UTC",
};

const zones: ReadonlyMap<string, string> = new Map([
  ...Intl.supportedValuesOf("timeZone").flatMap((zone): [string, string][] => [
    [normal(zone), zone],
    [normal(zone.slice(zone.lastIndexOf("/") + 1)), zone],
  ]),
  ...Object.entries(places),
]);

/** The IANA zone of a place, a city or a zone name; undefined when it is not known. */
export function timeZoneOf(place: string): string | undefined {
  return zones.get(normal(place));
}

/** Known places whose names are like this one. */
export function nearestPlaces(place: string): string[] {
  return nearestNames(normal(place), zones.keys());
}

function normal(text: string): string {
  return text.trim().toLowerCase().replaceAll("_", " ").normalize("NFD").replace(/\p{M}/gu, "");
}
