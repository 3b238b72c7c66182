import fc from "fast-check";
import { found, objectOf, read } from "./support.ts";

const MD5 = "0123456789abcdef0123456789abcdef";
const SHA1 = `${MD5}01234567`;
const SHA256 = `${MD5}${MD5}`;

test.each([
  ["a domain", "evil.example.com", "domain-name evil.example.com"],
  ["a misspelt last label", "evil.exampel", "domain-name evil.exampel"],
  ["an onion address", "abcdefghij234567.onion", "domain-name abcdefghij234567.onion"],
  ["underscores in labels", "_dmarc.mail_1.example.com", "domain-name _dmarc.mail_1.example.com"],
  ["a wildcard", "*.example.com", "domain-name example.com"],
  ["www is kept", "www.example.com", "domain-name www.example.com"],
  ["upper case", "Evil.Example.COM", "domain-name evil.example.com"],
  ["domain and port", "evil.example.com:8443", "domain-name evil.example.com"],
  ["address and port", "198.51.100.7:1133", "ipv4-addr 198.51.100.7"],
  ["a network", "198.51.100.0/24", "ipv4-addr 198.51.100.0/24"],
  ["an IPv6 address", "2001:DB8::1", "ipv6-addr 2001:db8::1"],
  ["an IPv6 address in brackets with a port", "[2001:db8::1]:443", "ipv6-addr 2001:db8::1"],
  ["a URL without a scheme", "example.com/a/B.php?q=1", "url http://example.com/a/B.php?q=1"],
  ["address, port and path", "198.51.100.7:81/x", "url http://198.51.100.7:81/x"],
  ["a URL of an address", "http://198.51.100.7", "url http://198.51.100.7/"],
  ["a URL with commas", "http://example.com/a,b;c", "url http://example.com/a,b;c"],
  ["a defanged URL", "hxxps://evil[.]example[.]com/a", "url https://evil.example.com/a"],
  ["a mail address", "someone[@]example[.]com", "email-addr someone@example.com"],
  ["MD5 in upper case", MD5.toUpperCase(), `file MD5=${MD5}`],
  ["SHA-1", SHA1, `file SHA-1=${SHA1}`],
  ["SHA-256", SHA256, `file SHA-256=${SHA256}`],
  ["an AS number", "AS64500", "autonomous-system 64500"],
  [
    "an Ethereum address",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "cryptocurrency-wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
  ],
  [
    "a Bitcoin address",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "cryptocurrency-wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
  ],
  [
    "a bech32 address",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "cryptocurrency-wallet bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
  ],
  ["a TRON address", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "cryptocurrency-wallet T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"],
  ["a bare path", "/pds/down/", "! text.bare_path"],
  ["a file URL", "file:///etc/passwd", "! value.url"],
  ["a wrong wallet checksum", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "! wallet.checksum"],
  [
    "a mixed-case Ethereum address that fails EIP-55",
    "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "! wallet.checksum",
  ],
  ["a SHA-256 of 63 digits", SHA256.slice(1), "! value.hash_length"],
  ["something else", "hello-world", "! text.unrecognised"],
])("a list – %s – read as what it is", (_, value, expected) => {
  expect(found(`198.51.100.200\n${value}\nlast.example.com\n${"other.example.net\n".repeat(12)}`)).toEqual([
    "ipv4-addr 198.51.100.200",
    expected,
    "domain-name last.example.com",
    "domain-name other.example.net",
  ]);
});

test("a list – a wallet whose form Bitcoin shares with older Litecoin – read as Bitcoin, with a remark", () => {
  const [shared, own] = read("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n").items;
  expect(shared).toMatchObject({
    object: { type: "cryptocurrency-wallet", value: "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy" },
    warnings: [{ code: "wallet.family_assumed" }],
  });
  expect(own).not.toHaveProperty("warnings");
});

test("a list – comments, references in comments, blank lines and trailing blanks – only the values are read", () => {
  const text = [
    "# Reference: https://blog.example.org/report",
    "",
    "one.example.com   ",
    "two.example.com # seen at http://ref.example.org",
    "// old",
    "three.example.com\t// moved",
    "http://four.example.com/a#part",
    "\r",
    "; five.example.com",
  ].join("\n");
  expect(found(text)).toEqual([
    "domain-name one.example.com",
    "domain-name two.example.com",
    "domain-name three.example.com",
    "url http://four.example.com/a",
  ]);
});

test("a list – the same value in several spellings – once, at its first place", () => {
  const { items } = read(
    "\ufeffa.example.com\r\n A[.]example.com\r\nhxxp://a.example.com:80\r\nhttp://a.example.com/\r\n",
  );
  expect(items.map(({ index, place, given, offset }) => ({ index, place, given, offset }))).toEqual([
    { index: 0, place: "line 1", given: "a.example.com", offset: 0 },
    { index: 1, place: "line 3", given: "hxxp://a.example.com:80", offset: 33 },
  ]);
});

test("a list – one word pasted – a list of one", () => {
  expect(found("evil[.]example[.]com")).toEqual(["domain-name evil.example.com"]);
});

test("a list – a private address – kept with a warning", () => {
  const [item] = read("10.1.2.3\nexample.com").items;
  expect(item && "warnings" in item && item.warnings?.map(({ code }) => code)).toEqual(["value.private"]);
});

test("a list – a line of 20,000 characters – a problem, not a value", () => {
  expect(found(`example.com\nexample.net\n${"a.".repeat(10_000)}com\n`)).toEqual([
    "domain-name example.com",
    "domain-name example.net",
    "! value.too_long",
  ]);
});

test("a report – live indicators and nothing defanged – those with a public suffix are taken, files and code are not", () => {
  const text = `The dropper setup.py (also run.sh, readme.md, libcurl.dll, view_status.php and Quiz1.exe) was built with Node.js
and java.io; it calls updates.example.com and http://cdn.example.net/a.php. See the attack.In 2022 it used version 1.2.3.4,
v5.6.7.8 and 198.51.100.9. Mail goes to someone@example.org (AS64500), the key is ${MD5}.exe, its hash ${SHA256}.`;
  expect(found(text)).toEqual([
    "domain-name updates.example.com",
    "url http://cdn.example.net/a.php",
    "ipv4-addr 198.51.100.9",
    "email-addr someone@example.org",
    "autonomous-system 64500",
    `file SHA-256=${SHA256}`,
  ]);
});

test("a report – live hosts under top-level domains without a registry – taken, mail addresses too", () => {
  const text = "It calls beacon.example and c2.invalid, then abcdefghij234567.onion, and writes to someone@drop.test.";
  expect(found(text)).toEqual([
    "domain-name beacon.example",
    "domain-name c2.invalid",
    "domain-name abcdefghij234567.onion",
    "email-addr someone@drop.test",
  ]);
});

test("a report – it defangs its indicators – live URLs, domains and mail addresses are references, hashes and wallets count", () => {
  const text = `Read [our blog](https://blog.example.org/post) or write to team@example.org.
It talks to evil[.]example[.]com (198.51.100[.]7), see https://vt.example.org/file/${SHA256}.
Hash: ${SHA1}, wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.`;
  expect(found(text)).toEqual([
    "domain-name evil.example.com",
    "ipv4-addr 198.51.100.7",
    `file SHA-1=${SHA1}`,
    "cryptocurrency-wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
  ]);
});

test("a report – values in listing blocks and a live link outside – the link is a reference", () => {
  const text = `= Report\n\nThe post is at\nhttps://blog.example.org/post\n\n----\n${SHA1}\nhttp://listed.example.com/x\n----\n`;
  expect(found(text)).toEqual([`file SHA-1=${SHA1}`, "url http://listed.example.com/x"]);
});

test("AsciiDoc – table cells, pass-through marks, placeholders and link macros – the values alone", () => {
  const text = `= Case -- Indicators

the blog at https://blog.example.org/2020/[our post] and https://www.example.org[Site].

|====
| \`198.51.100[.]7\` \`198.51.100[.]8\` | \`bug.example[.]com\` | GoDaddy.com, LLC | C&C (\`/djour.php\`)
| \`+http://bug.example[.]com/admin/view_status.php+\`
|====

- \`++https://turn.example[.]com/feedback.php++\`

----
ftp://y.example[.]org/m/<user_id>/p.tif
https://w.example[.]org/assist.php?i=baby&user=<user_id>&v=<Win_ver>
https://u.example[.]com/f.xls?dn=Some White Paper.xls
103.0.113[.]119:81
C:\\Intel\\evil.com
%PUBLIC%\\Libraries\\backup.zip
----
`;
  expect(found(text)).toEqual([
    "ipv4-addr 198.51.100.7",
    "ipv4-addr 198.51.100.8",
    "domain-name bug.example.com",
    "url http://bug.example.com/admin/view_status.php",
    "url https://turn.example.com/feedback.php",
    "url ftp://y.example.org/m/%3Cuser_id%3E/p.tif",
    "url https://w.example.org/assist.php?i=baby&user=%3Cuser_id%3E&v=%3CWin_ver%3E",
    "url https://u.example.com/f.xls?dn=Some%20White%20Paper.xls",
    "ipv4-addr 103.0.113.119",
  ]);
});

test("AsciiDoc – serial numbers of certificates – no MD5", () => {
  const text = `=== Code signing certificate serial numbers\n----\n${MD5}\n----\n=== Samples\n----\n${SHA1}\n----\nserial number: ${MD5} and MD5 ${MD5.replace("0", "f")}`;
  expect(found(text)).toEqual([`file SHA-1=${SHA1}`, `file MD5=${MD5.replace("0", "f")}`]);
});

test("free text – hash and file name on a line – the hashes", () => {
  const text = `Files\n\n${SHA1}  2022.04.27.chm\n${SHA1.replace("0", "a")}  Invoice (830 LNG) 22.01.17.zip\n${SHA1.replace("0", "b")}  안내문.rar\n`;
  expect(found(text)).toEqual(
    [SHA1, SHA1.replace("0", "a"), SHA1.replace("0", "b")].map((hash) => `file SHA-1=${hash}`),
  );
});

test.each([
  [
    "Korean particles",
    "악성코드는 evil[.]example[.]com에서 받아 http://c2[.]example[.]net/gate로 보낸다",
    ["domain-name evil.example.com", "url http://c2.example.net/gate"],
  ],
  ["a Korean word before", "주소는evil[.]example[.]com입니다", ["domain-name evil.example.com"]],
  [
    "Japanese particles and marks",
    "「evil[.]example[.]jp」と198.51.100[.]7、https://c2[.]example[.]jp/aを確認。次へ",
    ["domain-name evil.example.jp", "ipv4-addr 198.51.100.7", "url https://c2.example.jp/a"],
  ],
  [
    "a path in Korean",
    "hxxp://c2[.]example[.]kr/자료/파일.zip 를 열면",
    ["url http://c2.example.kr/%EC%9E%90%EB%A3%8C/%ED%8C%8C%EC%9D%BC.zip"],
  ],
  ["a Korean domain", "한국[.]example 과 접속", ["domain-name xn--3e0b707e.example"]],
  ["full-width dots", "evil。example。com です", ["domain-name evil.example.com"]],
  [
    "no-break and ideographic spaces",
    "to\u00a0evil[.]example[.]com\u3000198.51.100[.]7\u00a0today",
    ["domain-name evil.example.com", "ipv4-addr 198.51.100.7"],
  ],
  ["characters of no width", "to e\u200bvil[.]exam\u00adple[.]com\ufeff now", ["domain-name evil.example.com"]],
  [
    "brackets, quotes and full stops",
    "(see 'evil[.]example[.]com', \"198.51.100[.]7\", [b[.]example[.]com]).",
    ["domain-name evil.example.com", "ipv4-addr 198.51.100.7", "domain-name b.example.com"],
  ],
  [
    "names before the value",
    `C2:evil[.]example[.]com:443; IP=198.51.100[.]7 SHA256:${SHA256}`,
    ["domain-name evil.example.com", "ipv4-addr 198.51.100.7", `file SHA-256=${SHA256}`],
  ],
  [
    "a list in one line",
    "198.51.100[.]7,198.51.100[.]8;evil[.]example[.]com",
    ["ipv4-addr 198.51.100.7", "ipv4-addr 198.51.100.8", "domain-name evil.example.com"],
  ],
  ["a defanged file name", "it drops evil[.]exe and a[.]example[.]com", ["domain-name a.example.com"]],
  [
    "markdown emphasis and angle brackets",
    "**a[.]example[.]com** <hxxp://b[.]example[.]com/x> _c[.]example[.]com_ text",
    ["domain-name a.example.com", "url http://b.example.com/x", "domain-name c.example.com"],
  ],
  [
    "HTML around a live link",
    'see <a href="http://b.example.com/x">http://b.example.com/x</a> and <br>http://c.example.com/<br> here',
    ["url http://b.example.com/x", "url http://c.example.com/"],
  ],
  ["times, MACs, code and shares", "at 12:34:56 from aa:bb:cc:dd:ee:ff std::string N/A 24/7 1.2.3 x.y", []],
  ["a damaged hash", `the sample ${SHA256.slice(1)} was seen`, ["! value.hash_length"]],
])("a report – %s – read right", (_, text, expected) => {
  expect(found(text)).toEqual(expected);
});

test("the observable – same value from other texts – the same bytes, without offset or place", () => {
  const one = objectOf(read("evil[.]example[.]com").items[0]);
  const two = objectOf(
    read("it talks, at length, to hxxp://x[.]example[.]net and EVIL[.]example[.]com today").items[1],
  );
  expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  expect(one).toEqual({
    type: "domain-name",
    spec_version: "2.1",
    id: "domain-name--6262c8a9-ac28-50fe-a7df-f5923bb2ee14",
    value: "evil.example.com",
  });
});

const words = fc.constantFrom(
  "evil[.]example[.]com",
  "198.51.100.7",
  "hxxp://a[.]example/x,y",
  SHA256,
  "<b>",
  "(",
  "]",
  "`",
  "。",
  "에서",
  "|",
  "\n",
  " ",
  "\u200b",
  "[.]",
  "://",
  "+",
  "a",
  "1",
  "----",
  "\ud800",
);

test("any text – pieces in any order – given stands at offset, indexes count, and the same text gives the same items", () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), (pieces) => {
      const text = Buffer.from(pieces.join(""), "utf8").toString("utf8");
      const { items } = read(text, "text");
      for (const [i, item] of items.entries()) {
        expect(item.index).toBe(i);
        const { given = "", offset = -1 } = item;
        expect(text.slice(offset, offset + given.length)).toBe(given);
      }
      expect(read(text, "text").items).toEqual(items);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["one word without end", "a".repeat(1_000_000)],
  ["brackets", "[".repeat(500_000)],
  ["dots", "a.".repeat(500_000)],
  ["defanged dots", "a[.]".repeat(250_000)],
  ["colons", "a:".repeat(500_000)],
  ["quotes and blanks", "' ".repeat(500_000)],
  ["a URL without end", `http://${"a/".repeat(500_000)}`],
  ["trailing marks", `http://a.example/${".".repeat(500_000)}`],
  ["closing brackets", `http://a.example/${")".repeat(500_000)}`],
  ["zero-width", "\u200b".repeat(500_000)],
])("hostile text – %s, a million characters – read within the suite's limit for one test", (_, text) => {
  read(`two words\n${text}\ntwo words`);
  read(`example.com\n${text}`);
});
