/** Korean in Latin letters: Revised Romanisation, McCune–Reischauer without its marks, as names are written in the North, and as passports of the South often have it. */

export type KoreanSystem = "revised" | "mccune" | "north" | "passport";
export const KOREAN_SYSTEMS: readonly KoreanSystem[] = ["revised", "mccune", "north", "passport"];

const words = (text: string): readonly string[] => text.split(" ").map((word) => (word === "-" ? "" : word));

/** In Unicode's order: ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ. */
const INITIALS: Readonly<Record<KoreanSystem, readonly string[]>> = {
  revised: words("g kk n d tt r m b pp s ss - j jj ch k t p h"),
  mccune: words("k kk n t tt r m p pp s ss - ch tch ch k t p h"),
  north: words("k kk n t tt r m p pp s ss - j jj ch kh th ph h"),
  passport: words("k kk n d tt r m b pp s ss - j jj ch k t p h"),
};

const PLAIN_VOWELS = words("a ae ya yae o e yo ye o wa wae oe yo u wo we wi yu u ui i");
/** ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅘ ㅙ ㅚ ㅛ ㅜ ㅝ ㅞ ㅟ ㅠ ㅡ ㅢ ㅣ. */
const VOWELS: Readonly<Record<KoreanSystem, readonly string[]>> = {
  revised: words("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"),
  mccune: PLAIN_VOWELS,
  north: PLAIN_VOWELS,
  passport: words("a ae ya yae u e yu ye o wa wae oe yo u wo we wi yu eu ui i"),
};
/** What a final consonant sounds like: ㄱ ㄴ ㄷ ㄹ ㅁ ㅂ ㅇ, by Unicode's 28 finals. */
const FINALS = words("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t");
/** The initial that a final becomes before a vowel; empty where it stays, or is two consonants. */
const CARRIED: ReadonlyMap<number, number> = new Map([
  ...([
    [1, 0],
    [2, 1],
    [4, 2],
    [7, 3],
    [8, 5],
    [16, 6],
    [17, 7],
    [19, 9],
    [20, 10],
    [22, 12],
    [23, 14],
    [24, 15],
    [25, 16],
    [26, 17],
  ] as const),
]);
const SILENT = 11;

interface Syllable {
  readonly initial: number;
  readonly vowel: number;
  readonly final: number;
}

const FIRST = 0xac00;
const LAST = 0xd7a3;

function syllableOf(letter: string): Syllable | undefined {
  const code = letter.codePointAt(0) ?? 0;
  if (code < FIRST || code > LAST) return undefined;
  const at = code - FIRST;
  return { initial: Math.floor(at / 588), vowel: Math.floor((at % 588) / 28), final: at % 28 };
}

const OPEN_U = 13;
const EU_I = 19;

/** One syllable by itself, as names are written: no sound passes from one to the next. */
function spell({ initial, vowel, final }: Syllable, system: KoreanSystem): string {
  const start = INITIALS[system][initial] ?? "";
  const end = FINALS[final] ?? "";
  let middle = VOWELS[system][vowel] ?? "";
  if (system === "passport") {
    if (vowel === OPEN_U && end === "") middle = "oo";
    else if (vowel === EU_I && start !== "") middle = "ee";
    else if (vowel === 6 && start === "") middle = end === "ng" ? "you" : "yeo";
  }
  return `${start}${middle}${end}`;
}

/** A Hangul syllable in one system; empty for what is none. */
export function romaniseSyllable(letter: string, system: KoreanSystem): string {
  const syllable = syllableOf(letter);
  return syllable === undefined ? "" : spell(syllable, system);
}

const NASAL: Readonly<Record<string, string>> = { k: "ng", t: "n", p: "m" };

/** A word of Hangul as it sounds: finals go over to a vowel, stops before ㄴ, ㅁ and ㄹ become nasal, ㄹ behind a nasal ㄴ, and ㄴ with ㄹ becomes ll. */
export function romaniseWord(text: string, system: KoreanSystem): string {
  const syllables = Array.from(text).map(syllableOf);
  let out = "";
  let carried: number | undefined;
  for (const [i, syllable] of syllables.entries()) {
    if (syllable === undefined) {
      carried = undefined;
      continue;
    }
    const next = syllables[i + 1];
    let start = INITIALS[system][carried ?? syllable.initial] ?? "";
    const isVoiced = out !== "" && /[aeiouywlmng]$/.test(out);
    if (system === "mccune" && isVoiced) start = { k: "g", t: "d", p: "b", ch: "j" }[start] ?? start;
    if (start === "r" && out.endsWith("l")) start = "l";
    else if (start === "r" && /(?:m|n|ng)$/.test(out) && carried === undefined) start = "n";
    const initial = carried ?? syllable.initial;
    // Aspirated consonants are written like plain ones, and are never voiced.
    if (system === "mccune" && initial >= 14 && initial <= 17) start = INITIALS.mccune[initial] ?? "";
    carried = next?.initial === SILENT ? CARRIED.get(syllable.final) : undefined;
    let end = carried === undefined ? (FINALS[syllable.final] ?? "") : "";
    if (next !== undefined && [2, 5, 6].includes(next.initial)) end = NASAL[end] ?? end;
    if (next?.initial === 5 && end === "n") end = "l";
    if (next?.initial === 2 && end === "l") {
      out += `${start}${VOWELS[system][syllable.vowel] ?? ""}l`;
      carried = 5;
      continue;
    }
    out += `${start}${VOWELS[system][syllable.vowel] ?? ""}${end}`;
  }
  return out;
}

/** Family names and how they are written, the commonest first. */
const SURNAMES: ReadonlyMap<string, readonly string[]> = new Map(
  `김 kim gim,이 lee yi rhee ri li,리 ri lee yi rhee li,박 park pak bak,최 choi choe,정 jung jeong chung chong jong,강 kang gang,조 cho jo,
  윤 yoon yun,장 jang chang,임 lim im rim,림 rim lim im,한 han,오 oh o,서 seo suh so,신 shin sin,권 kwon gwon,황 hwang,안 ahn an,송 song,
  전 jeon jun chon chun jon,홍 hong,유 yoo yu ryu you,류 ryu yoo yu,고 ko go koh,문 moon mun,양 yang ryang,량 ryang yang,손 son sohn,
  배 bae pae,백 baek paek paik,허 heo hur huh ho,남 nam,심 shim sim,노 noh no ro roh,로 ro roh noh no,하 ha,곽 kwak gwak,성 sung seong song,
  차 cha,주 joo ju chu,우 woo u,구 koo ku goo gu,민 min,진 jin chin,나 na ra,라 ra na,지 ji chi,엄 eom um om,변 byun byeon pyon,원 won,
  방 bang pang,천 cheon chun chon,공 kong gong,현 hyun hyeon hyon,함 ham,여 yeo ryo,려 ryo yeo,염 yeom yum ryom,렴 ryom yeom,태 tae thae,
  계 kye gye,석 seok suk sok,선 sun seon son,설 seol sul sol,마 ma,길 kil gil,표 pyo,명 myung myeong myong,기 ki gi,반 ban pan,
  금 keum geum kum,옥 ok ock,맹 maeng,탁 tak,국 kuk guk gook,남궁 namgung namkung,황보 hwangbo,선우 sunwoo seonu`
    .split(",")
    .map((entry): readonly [string, readonly string[]] => {
      const [hangul = "", ...variants] = entry.trim().split(" ");
      return [hangul, variants];
    }),
);

/** How a family name in Hangul is written; empty for what is none. */
export const surnameVariants = (hangul: string): readonly string[] => SURNAMES.get(hangul) ?? [];

const BY_LATIN: ReadonlyMap<string, readonly string[]> = (() => {
  const found = new Map<string, Set<string>>();
  for (const variants of SURNAMES.values())
    for (const one of variants) for (const other of variants) found.set(one, (found.get(one) ?? new Set()).add(other));
  return new Map([...found].map(([one, others]) => [one, [...others]]));
})();

/** Other spellings of a family name in Latin letters, itself among them; empty for what is none. */
export const latinSurnameVariants = (latin: string): readonly string[] => BY_LATIN.get(latin) ?? [];

/** All spellings of each syllable without double consonants, by each of its spellings; made when it is first asked for. */
let spellings: ReadonlyMap<string, ReadonlySet<string>> | undefined;

function allSpellings(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const initial of [0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18]) {
    for (let vowel = 0; vowel < 21; vowel++) {
      for (const final of [0, 1, 4, 7, 8, 16, 17, 21]) {
        const own = new Set(KOREAN_SYSTEMS.map((system) => spell({ initial, vowel, final }, system)));
        for (const one of own) {
          const held = found.get(one) ?? new Set<string>();
          for (const other of own) held.add(other);
          found.set(one, held);
        }
      }
    }
  }
  return found;
}

/** Other spellings of a syllable of a given name in Latin letters, itself among them; empty for what is no Korean syllable. */
export function latinSyllableVariants(latin: string): readonly string[] {
  spellings ??= allSpellings();
  return [...(spellings.get(latin) ?? [])];
}
