/** What the measures look for, in English. Each list says what belongs in it; nothing here is case-sensitive. */
const phrases = (...texts: readonly string[]): RegExp[] =>
  texts.map((text) => new RegExp(`(?<![\\p{L}\\p{N}])(?:${text})(?![\\p{L}\\p{N}])`, "giu"));

/** Said before, around or instead of something; true of everything. */
export const genericPhrases = phrases(
  "it is (?:important|worth|essential|crucial|vital) (?:to|that|noting|mentioning)[^.!?]{0,20}?(?:note|remember|understand|consider|mention)?",
  "in (?:today's|the modern|this fast[- ]paced) [a-z -]{0,30}world",
  "at the end of the day",
  "when it comes to",
  "(?:there are|consider) (?:many|various|several|a (?:number|variety) of) (?:factors|ways|options|aspects|approaches|things)",
  "a wide (?:range|variety) of",
  "plays? an? (?:important|key|crucial|vital|significant) role",
  "in (?:general|conclusion|summary), it (?:is|can)",
  "as (?:we all|everyone) knows?",
  "best practices",
  "(?:leverage|utilize) (?:the power|synergies|our|your)",
  "take (?:it|things|this) to the next level",
  "think outside the box",
  "low[- ]hanging fruit",
  "move the needle",
  "game[- ]chang(?:er|ing)",
  "cutting[- ]edge",
  "state[- ]of[- ]the[- ]art",
  "world[- ]class",
  "holistic(?:ally)? (?:approach|view|solution)",
  "comprehensive (?:approach|solution|strategy)",
  "needless to say",
  "last but not least",
  "may or may not",
  "depends on (?:various|many|several|a number of) (?:factors|things)",
  "various (?:factors|aspects|improvements|optimizations|areas)",
  "as an ai(?: language model)?",
  "i hope this helps",
  "feel free to",
  "great question",
  "in order to achieve (?:success|optimal results|your goals)",
  "optimal (?:results|performance|outcomes)",
  "seamless(?:ly)? (?:integrat\\w*|experience)",
  "unlock (?:the|your) (?:full )?potential",
);

/** Words that promise something without saying what. */
export const vagueWords = new Set(
  (
    "things stuff something somehow somewhat various several many some appropriate proper properly suitable relevant better " +
    "good nice great significantly substantially considerably greatly effectively efficiently optimize optimal improve improvements " +
    "enhance enhanced enhancing leverage utilize facilitate streamline robust scalable innovative holistic synergy solution solutions aspects " +
    "factors issues areas possibly maybe perhaps probably generally usually often sometimes etc basically really very quite"
  ).split(" "),
);

/** Verbs that say what to do, in the form in which one says it. */
export const actionVerbs = new Set(
  (
    "add allocate archive ask assign attach avoid backfill batch block book bump cache call cancel change check clear close collect compare " +
    "compress configure confirm connect contact copy create cut decrease define delete deploy disable document double download drop edit " +
    "email enable enter escalate export extend file fill find fix follow give halve hire import increase index inform insert install invite " +
    "isolate launch limit link load lock log look lower measure merge migrate monitor move notify open order partition patch pause phone pick " +
    "pin post prepare prune publish pull purge push put query raise read rebuild record reduce refactor refund reload remove rename reopen " +
    "replace report reproduce request rerun reset resize restart restore retry return revert review revoke rewrite roll rotate route run " +
    "save scale schedule select send set shard share ship shorten shrink sign skip split start stop store submit subscribe swap switch sync tag " +
    "test throttle train transfer trim truncate try tune turn type unsubscribe update upgrade upload use validate verify wait warm write"
  ).split(" "),
);

/** Words that hold a list of steps together. */
export const stepWords = new Set(
  "first second third then next finally afterwards before after once step phase".split(" "),
);

// Texts come from strangers: an expression begins only where a word begins and looks a bounded way ahead, so that none of them takes
// more than linear time. What is longer is no number, name or setting that says something.

/** Units and things that are measured: with one of these a number says something. */
export const unit =
  /(?<![\d,.])\d[\d,.]{0,40}\s?(?:%|percent|percentage points?|ms|milliseconds?|s|sec(?:onds?)?|min(?:utes?)?|h|hours?|days?|weeks?|months?|years?|kb|kib|mb|mib|gb|gib|tb|bytes?|rps|qps|req(?:uests)?\/s|requests?|users?|customers?|rows?|queries|events?|errors?|tickets?|orders?|calls?|times|x|×|usd|eur|dollars?|euros?|k|m|bn|million|billion|cores?|threads?|connections?|workers?|nodes?|replicas?|instances?|people|engineers?|points?|lines?|pages?|items?|units?|°c|km|kg|tokens?)(?![\p{L}\p{N}])|[$€£]\s?\d/giu;

/** Names of things: code, files, settings, acronyms, versions, quoted names. */
export const technicalTerm =
  /`[^`\n]+`|(?<![\p{L}\p{N}])(?:[\p{L}\p{N}]+_[\p{L}\p{N}_]+|[a-z]+[A-Z]\p{L}+|[A-Z]{2,}[0-9]*s?|p\d{2,3}|v?\d+\.\d+\.\d+|[\p{L}\p{N}_-]{1,60}\.(?:ts|js|py|go|rs|java|sql|json|ya?ml|toml|csv|log|md|env|sh|conf)|\/[\p{L}\p{N}_./-]{3,}|--[a-z][a-z-]{1,60})(?![\p{L}\p{N}])|"[^"\n]{2,40}"/gu;

/** `name=value`, `name: 12`, `name to 12`. */
export const assignment = /(?<![\p{L}\p{N}_.-])[\p{L}\p{N}_.-]{1,60}\s?(?:=|:|\bto\b)\s?\d[\d.,]{0,40}/giu;

/** Nobody can know that, or nobody said where it comes from. */
export const unsupportedClaims = phrases(
  "always",
  "never",
  "guaranteed?",
  "guarantees",
  "100\\s?% (?:safe|secure|reliable|accurate|uptime|certain)",
  "without (?:any|a) (?:risk|doubt|downside|exception)",
  "studies (?:show|have shown|prove|suggest)",
  "research (?:shows|proves|has shown|suggests)",
  "experts (?:agree|say|recommend)",
  "it is (?:well[- ]known|proven|a fact|scientifically proven)",
  "everyone (?:knows|agrees|uses)",
  "undoubtedly|undeniably|unquestionably|certainly",
  "the (?:best|fastest|only|most \\p{L}+) (?:in the world|on the market|possible|there is)",
);

export const impossibleClaims = phrases(
  "zero (?:latency|downtime|risk|bugs|errors|cost|overhead|defects)",
  "(?:infinite|unlimited) (?:scalability|scale|throughput|capacity|performance|storage)",
  "(?:perfect|flawless) (?:security|accuracy|performance|reliability|results)",
  "(?:cannot|can't|can never|will never|could never) (?:fail|crash|go down|be hacked|be wrong|break)",
  "instant(?:ly|aneous(?:ly)?)? (?:processes|scales?|results for any)",
  "(?:eliminates?|removes?) (?:all|every) (?:bugs?|errors?|risks?|latency|failures?)",
  "works? (?:for|with) (?:everything|everyone|every (?:case|system|database))",
);

/** A source of what is claimed. */
export const source =
  /(?<![\p{L}])(?:according to|source|measured|logs?|dashboard|report(?:ed)?|survey|database|query|queries|benchmark|dataset|table|metrics?|trace|from the|figure|appendix|export|invoice|ledger|audit|grafana|prometheus|statement|as of)(?![\p{L}])|https?:\/\//iu;

export const stopWords = new Set(
  (
    "a an the and or but if then than so as at by for from in into of off on onto out over to up with without within about after before between " +
    "during is are was were be been being am do does did done have has had having will would shall should can could may might must not no nor " +
    "this that these those there here it its it's i me my we us our you your he him his she her they them their what which who whom whose " +
    "when where why how all any both each few more most other some such only own same too very just also please tell give show make let get " +
    "need want like many much"
  ).split(" "),
);
