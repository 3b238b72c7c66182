/** Kana in Latin letters: Hepburn, Kunrei and Nihon. */

export type KanaSystem = "hepburn" | "kunrei" | "nihon";
export const KANA_SYSTEMS: readonly KanaSystem[] = ["hepburn", "kunrei", "nihon"];

const ROWS: readonly (readonly [string, string])[] = [
  ["あいうえお", "a i u e o"],
  ["かきくけこ", "ka ki ku ke ko"],
  ["さしすせそ", "sa si su se so"],
  ["たちつてと", "ta ti tu te to"],
  ["なにぬねの", "na ni nu ne no"],
  ["はひふへほ", "ha hi hu he ho"],
  ["まみむめも", "ma mi mu me mo"],
  ["やゆよ", "ya yu yo"],
  ["らりるれろ", "ra ri ru re ro"],
  ["わゐゑを", "wa i e o"],
  ["がぎぐげご", "ga gi gu ge go"],
  ["ざじずぜぞ", "za zi zu ze zo"],
  ["だぢづでど", "da di du de do"],
  ["ばびぶべぼ", "ba bi bu be bo"],
  ["ぱぴぷぺぽ", "pa pi pu pe po"],
  ["ゔ", "vu"],
];
/** Nihon's spelling of each sign; the others differ from it as below. */
const SIGNS: ReadonlyMap<string, string> = new Map(
  ROWS.flatMap(([signs, texts]) => {
    const list = texts.split(" ");
    return Array.from(signs).map((sign, i) => [sign, list[i] ?? ""] as const);
  }),
);
const SMALL: ReadonlyMap<string, string> = new Map([
  ...([
    ["ゃ", "a"],
    ["ゅ", "u"],
    ["ょ", "o"],
    ["ぁ", "a"],
    ["ぃ", "i"],
    ["ぅ", "u"],
    ["ぇ", "e"],
    ["ぉ", "o"],
  ] as const),
]);

const HEPBURN: Readonly<Record<string, string>> = {
  ...{ si: "shi", ti: "chi", tu: "tsu", hu: "fu", zi: "ji", di: "ji", du: "zu" },
  ...{ sya: "sha", syu: "shu", syo: "sho", tya: "cha", tyu: "chu", tyo: "cho" },
  ...{ zya: "ja", zyu: "ju", zyo: "jo", dya: "ja", dyu: "ju", dyo: "jo" },
};
const KUNREI: Readonly<Record<string, string>> = { di: "zi", du: "zu", dya: "zya", dyu: "zyu", dyo: "zyo" };
/** Sounds of foreign words: the sign and the small vowel behind it. */
const FOREIGN: Readonly<Record<string, string>> = {
  ...{ てぃ: "ti", でぃ: "di", とぅ: "tu", どぅ: "du", ふぁ: "fa", ふぃ: "fi", ふぇ: "fe", ふぉ: "fo" },
  ...{ ゔぁ: "va", ゔぃ: "vi", ゔぇ: "ve", ゔぉ: "vo", うぃ: "wi", うぇ: "we", うぉ: "wo" },
  ...{ ちぇ: "che", しぇ: "she", じぇ: "je", つぁ: "tsa" },
};

const KATAKANA = /[\u30a1-\u30f6]/g;
const toHiragana = (text: string): string =>
  text.replace(KATAKANA, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x60));

function inSystem(nihon: string, system: KanaSystem): string {
  const table = system === "hepburn" ? HEPBURN : system === "kunrei" ? KUNREI : {};
  return Object.hasOwn(table, nihon) ? (table[nihon] ?? nihon) : nihon;
}

/** What a doubled consonant begins with: `tch` in Hepburn. */
const doubled = (next: string, system: KanaSystem): string =>
  system === "hepburn" && next.startsWith("ch") ? "t" : /^[^aeiou]/.test(next) ? next.charAt(0) : "";

/** A run of kana in one system, long vowels written out (`toukyou`, and `ー` as the vowel before it). Other signs are left out. */
export function romaniseKana(text: string, system: KanaSystem): string {
  const signs = Array.from(toHiragana(text));
  let out = "";
  let double = false;
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? "";
    if (sign === "っ") {
      double = true;
      continue;
    }
    if (sign === "ー") {
      out += /[aeiou]$/.exec(out)?.[0] ?? "";
      continue;
    }
    let sound: string | undefined;
    const small = SMALL.get(signs[i + 1] ?? "");
    if (sign === "ん") sound = "n";
    else if (small !== undefined) {
      const pair = `${sign}${signs[i + 1] ?? ""}`;
      const own = SIGNS.get(sign) ?? "";
      const glide = "ゃゅょ".includes(signs[i + 1] ?? "") && own.endsWith("i");
      sound = FOREIGN[pair] ?? (glide ? inSystem(`${own.slice(0, -1)}y${small}`, system) : undefined);
      if (sound !== undefined) i++;
    }
    sound ??= SIGNS.has(sign) ? inSystem(SIGNS.get(sign) ?? "", system) : (SMALL.get(sign) ?? "");
    out += `${double ? doubled(sound, system) : ""}${sound}`;
    double = false;
  }
  return out;
}

/** Long vowels written short: `tokyo` of `toukyou`, `Ono` of `oono`. */
export const shortVowels = (text: string): string =>
  text.replace(/ou|oo/g, "o").replace(/uu/g, "u").replace(/aa/g, "a");
