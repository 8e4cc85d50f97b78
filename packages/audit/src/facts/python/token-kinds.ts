/**
 * Kinds of tokens as plain numbers, one constant each: a switch over them compiles to comparisons of small integers,
 * which is what makes scanning fast. Brackets come in pairs, the closing one is the opening one plus 1.
 */
export const END = 0;
export const NEWLINE = 1;
export const INDENT = 2;
export const DEDENT = 3;
export const NAME = 4;
export const NUMBER = 5;
export const STRING = 6;
/** An f-string is FSTRING_START, its fields (each FIELD_START … FIELD_END), FSTRING_END; its text is no token. */
export const FSTRING_START = 7;
export const FSTRING_END = 8;
export const FIELD_START = 9;
export const FIELD_END = 10;
export const PAREN_OPEN = 11;
export const PAREN_CLOSE = 12;
export const BRACKET_OPEN = 13;
export const BRACKET_CLOSE = 14;
export const BRACE_OPEN = 15;
export const BRACE_CLOSE = 16;
export const DOT = 17;
export const COMMA = 18;
export const COLON = 19;
export const SEMICOLON = 20;
/** `=` outside of brackets. */
export const ASSIGN = 21;
/** `=` inside brackets: a keyword argument or a default. */
export const KEYWORD_EQUAL = 22;
export const AUGMENTED = 23;
export const WALRUS = 24;
export const ARROW = 25;
export const AT = 26;
export const STAR = 27;
export const DOUBLE_STAR = 28;
export const ELLIPSIS = 29;
export const BAR = 30;
/** `+` or `-`: the two that are both unary and binary. */
export const SIGN = 31;
export const TILDE = 32;
/** Any other operator between two operands. */
export const OPERATOR = 33;

/** A keyword has a kind of its own: this plus its place in `keywords`, which is also the id of its name. */
export const FIRST_KEYWORD = 40;
export const FALSE = 40;
export const NONE = 41;
export const TRUE = 42;
export const AND = 43;
export const AS = 44;
export const ASSERT = 45;
export const ASYNC = 46;
export const AWAIT = 47;
export const BREAK = 48;
export const CLASS = 49;
export const CONTINUE = 50;
export const DEF = 51;
export const DEL = 52;
export const ELIF = 53;
export const ELSE = 54;
export const EXCEPT = 55;
export const FINALLY = 56;
export const FOR = 57;
export const FROM = 58;
export const GLOBAL = 59;
export const IF = 60;
export const IMPORT = 61;
export const IN = 62;
export const IS = 63;
export const LAMBDA = 64;
export const NONLOCAL = 65;
export const NOT = 66;
export const OR = 67;
export const PASS = 68;
export const RAISE = 69;
export const RETURN = 70;
export const TRY = 71;
export const WHILE = 72;
export const WITH = 73;
export const YIELD = 74;

export const keywords: readonly string[] = [
  "False",
  "None",
  "True",
  "and",
  "as",
  "assert",
  "async",
  "await",
  "break",
  "class",
  "continue",
  "def",
  "del",
  "elif",
  "else",
  "except",
  "finally",
  "for",
  "from",
  "global",
  "if",
  "import",
  "in",
  "is",
  "lambda",
  "nonlocal",
  "not",
  "or",
  "pass",
  "raise",
  "return",
  "try",
  "while",
  "with",
  "yield",
];
