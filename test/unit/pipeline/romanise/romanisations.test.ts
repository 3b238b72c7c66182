import fc from "fast-check";
import { romaniseKana } from "../../../../server/pipeline/romanise/kana.ts";
import { romaniseWord } from "../../../../server/pipeline/romanise/korean.ts";
import { romanisations } from "../../../../server/pipeline/romanise/romanisations.ts";

// The examples of the Revised Romanisation's own rules (2000), sections 2 and 3.
test.each([
  ["구미", "gumi"],
  ["영동", "yeongdong"],
  ["백암", "baegam"],
  ["옥천", "okcheon"],
  ["합덕", "hapdeok"],
  ["월곶", "wolgot"],
  ["한밭", "hanbat"],
  ["구리", "guri"],
  ["설악", "seorak"],
  ["칠곡", "chilgok"],
  ["임실", "imsil"],
  ["백마", "baengma"],
  ["종로", "jongno"],
  ["왕십리", "wangsimni"],
  ["별내", "byeollae"],
  ["신라", "silla"],
  ["독립문", "dongnimmun"],
])("Revised Romanisation – %s – %s", (hangul, latin) => {
  expect(romaniseWord(hangul, "revised")).toBe(latin);
});

test.each([
  ["평양", "pyongyang"],
  ["김책", "kimchaek"],
  ["부산", "pusan"],
  ["한국", "hanguk"],
  ["모란봉", "moranbong"],
])("McCune–Reischauer without marks – %s – %s", (hangul, latin) => {
  expect(romaniseWord(hangul, "mccune")).toBe(latin);
});

test.each([
  ["しんじゅく", "shinjuku", "sinzyuku", "sinzyuku"],
  ["ちば", "chiba", "tiba", "tiba"],
  ["つづき", "tsuzuki", "tuzuki", "tuduki"],
  ["マッチ", "matchi", "matti", "matti"],
  ["とうきょう", "toukyou", "toukyou", "toukyou"],
  ["ラザルス", "razarusu", "razarusu", "razarusu"],
  ["ファイル", "fairu", "fairu", "fairu"],
  ["ジャック", "jakku", "zyakku", "zyakku"],
  ["サーバー", "saabaa", "saabaa", "saabaa"],
])("kana – %s – %s, %s, %s", (kana, hepburn, kunrei, nihon) => {
  expect([romaniseKana(kana, "hepburn"), romaniseKana(kana, "kunrei"), romaniseKana(kana, "nihon")]).toEqual([
    hepburn,
    kunrei,
    nihon,
  ]);
});

test.each<[string, readonly string[]]>([
  ["김정은", ["kim jong un", "gim jeong eun", "kim jeongeun", "kim jung eun"]],
  ["리철", ["ri chol", "lee cheol", "yi chul", "rhee chol"]],
  ["박진혁", ["pak jin hyok", "park jin hyok", "bak jinhyeok"]],
  ["남궁민", ["namgung min", "namkung min"]],
  ["김수키", ["kim suki", "gimsuki"]],
  ["라자루스", ["rajaruseu", "rajarusu"]],
  ["Pak Jin Hyok", ["park jin hyok", "bak jin hyeok", "park jin hyuk"]],
  ["Jin Hyok Pak", ["park jin hyok", "pak jin hyeok"]],
  ["Kim Jong-un", ["gim jong un", "kim jeong eun"]],
  ["Ri Yong Ho", ["lee yeong ho", "rhee yong ho", "lee young ho"]],
  ["Ch'oe Ryong-hae", ["choe ryong hae", "choi ryeong hae"]],
  ["Chŏng Kyŏngt'aek", ["chong kyongtaek"]],
  ["さとう たろう", ["sato taro", "satou tarou"]],
  ["しんじ", ["shinji", "sinzi"]],
  ["ジャパン", ["japan", "zyapan"]],
])("romanisations – %s – among them %j", (name, wanted) => {
  expect(romanisations(name)).toEqual(expect.arrayContaining([...wanted]));
});

test.each([
  "Lazarus Group",
  "APT38",
  "Park Avenue",
  "東京",
  "북한 APT 조직 그룹 이름 여섯 일곱",
  "",
  "Kim",
  "Lee Security",
])("romanisations – %s – none: no name of a Korean, nothing to spell", (name) => {
  expect(romanisations(name)).toEqual([]);
});

test.each<[string, string, boolean]>([
  ["박진혁", "Pak Jin Hyok", true],
  ["Park Jin-hyok", "Pak Chin Hyŏk", true],
  ["이철", "Rhee Chul", true],
  ["ラザルス", "Razarusu", true],
  ["김정은", "Kim Jong Il", false],
  ["박진혁", "Lazarus", false],
])("romanisations – of %s and of %s – have a spelling in common: %s", (a, b, wanted) => {
  const spellings = (name: string): Set<string> =>
    new Set(
      [name.normalize("NFKD").toLowerCase(), ...romanisations(name)].map((one) => one.replace(/[\s-]|\p{M}/gu, "")),
    );
  const [one, other] = [spellings(a), spellings(b)];
  expect([...one].some((spelling) => other.has(spelling))).toBe(wanted);
});

test("romanisations – any text, hostile ones too – at most 96 lower-case spellings, and the same each time", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 130 }),
    fc.string({ unit: fc.constantFrom(..."김이리박정은라ㄱしんっーャア ab'-・\ud800"), maxLength: 20 }),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      const made = romanisations(text);
      expect(made.length).toBeLessThanOrEqual(96);
      for (const one of made) expect(one).toMatch(/^[a-z]+(?: [a-z]+)*$/);
      expect(romanisations(text)).toEqual(made);
    }),
    { numRuns: 1000, seed: 20261127 },
  );
});

test("romanisations – 100,000 characters – left alone", () => {
  expect(romanisations("김".repeat(100_000))).toEqual([]);
});
