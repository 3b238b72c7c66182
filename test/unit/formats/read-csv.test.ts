import { MENTION_EXTENSION } from "../../../schemas/stix/mention.ts";
import { WALLET_FACTS_EXTENSION } from "../../../schemas/stix/wallet.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { faultOf, found, objectOf, read } from "./support.ts";

const MD5 = "0123456789abcdef0123456789abcdef";
const SHA1 = `${MD5}01234567`;
const SHA256 = `${MD5}${MD5}`;
const WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const LOWER = WALLET.toLowerCase();

const extension = (item: Item | undefined, id: string): StixJson => {
  const { extension_type: _, ...content } = ((objectOf(item).extensions ?? {}) as Record<string, StixJson>)[id] ?? {};
  return content;
};
const mention = (item: Item | undefined): StixJson => extension(item, MENTION_EXTENSION);
const csv = (...rows: string[]): string => rows.join("\n");

test("CSV – value, type and notes, with a byte order mark and CRLF – one observable a row, with its mention and place", () => {
  const { format, items } = read(
    `\ufeffValue,Type,Notes\r\n${SHA256.toUpperCase()},SHA256,"Loader, first stage"\r\nevil.example.com,Domain,\r\n198.51.100.7,IP address,C2\r\n`,
  );
  expect(format).toBe("csv");
  expect(items.map(({ index, place, given }) => ({ index, place, given }))).toEqual([
    { index: 0, place: "row 2", given: SHA256.toUpperCase() },
    { index: 1, place: "row 3", given: "evil.example.com" },
    { index: 2, place: "row 4", given: "198.51.100.7" },
  ]);
  expect(items.map(objectOf)).toEqual([
    {
      type: "file",
      spec_version: "2.1",
      id: "file--0b1fc162-f908-5ebb-9fe9-e0f08bf2c23d",
      hashes: { "SHA-256": SHA256 },
      extensions: { [MENTION_EXTENSION]: { extension_type: "property-extension", notes: "Loader, first stage" } },
    },
    {
      type: "domain-name",
      spec_version: "2.1",
      id: "domain-name--6262c8a9-ac28-50fe-a7df-f5923bb2ee14",
      value: "evil.example.com",
    },
    {
      type: "ipv4-addr",
      spec_version: "2.1",
      id: expect.stringMatching(/^ipv4-addr--/),
      value: "198.51.100.7",
      extensions: { [MENTION_EXTENSION]: { extension_type: "property-extension", notes: "C2" } },
    },
  ]);
});

test("CSV – several hashes in a cell – one file with all of them; a damaged one rejects its row alone", () => {
  const text = csv(
    "value,entity_type,description",
    `"${MD5},${SHA1},${SHA256}",file,dropper`,
    `"${MD5},${SHA1},${SHA256.slice(1)}",file,loader`,
    "evil.example.com,hostname,C2",
  );
  const { items } = read(text);
  expect(objectOf(items[0])).toMatchObject({
    id: "file--5abe0dd7-4bcc-59de-bfd6-5dda910fd773",
    hashes: { MD5, "SHA-1": SHA1, "SHA-256": SHA256 },
  });
  expect(items[1]).toMatchObject({
    index: 1,
    place: "row 3",
    problem: { code: "value.hash_length", path: "row 3", message: expect.stringContaining("63 hexadecimal digits") },
  });
  expect(objectOf(items[2]).value).toBe("evil.example.com");
});

test("CSV – two hashes of one algorithm in a cell – two files", () => {
  expect(found(csv("hash,notes", `${MD5} ${MD5.replace("0", "f")},x`))).toEqual([
    `file MD5=${MD5}`,
    `file MD5=${MD5.replace("0", "f")}`,
  ]);
});

test("CSV – a column a hash algorithm – one file; a link column is no value", () => {
  const { items } = read(csv("md5;sha1;sha256;url", `${MD5};${SHA1};${SHA256};https://blog.example.org/x`));
  expect(items.length).toBe(1);
  expect(objectOf(items[0]).hashes).toEqual({ MD5, "SHA-1": SHA1, "SHA-256": SHA256 });
  expect(mention(items[0])).toEqual({ link: "https://blog.example.org/x" });
});

test("CSV – domain, ip and url side by side – each a value", () => {
  expect(
    found(csv("domain\tip\turl", "evil.example.com\t198.51.100.7\thttp://evil.example.com/x", "b.example.com\t\t")),
  ).toEqual([
    "domain-name evil.example.com",
    "ipv4-addr 198.51.100.7",
    "url http://evil.example.com/x",
    "domain-name b.example.com",
  ]);
});

test("CSV – kinds that are no values here – a problem that names the type, the rest goes in", () => {
  const text = csv(
    "type,indicator,context",
    'domain,evil[.]example,"C2, since spring"',
    "user-agent,mozilla/4.0 (compatible),fixed",
    "npm package,left-pad@1.0.0,bad release",
    "filepath,%TEMP%\\x.vbs,dropper",
    "registry,HKCU\\Software\\Run,persistence",
    `sha256,${SHA256},payload`,
  );
  const { items } = read(text);
  expect(items.map((item) => ("problem" in item ? item.problem.message : objectOf(item).type))).toEqual([
    "domain-name",
    expect.stringContaining('"user-agent"'),
    expect.stringContaining('"npm package"'),
    expect.stringContaining('"filepath"'),
    expect.stringContaining('"registry"'),
    "file",
  ]);
  expect(found(text).filter((line) => line.startsWith("!"))).toEqual(Array(4).fill("! csv.kind_not_supported"));
  expect(mention(items[0])).toEqual({ notes: "C2, since spring" });
});

test("CSV – a type column that names no kinds – goes with the context", () => {
  const { items } = read(csv("ioc,type", "evil.example.com,phishing", "b.example.com,malware"));
  expect(items.map(mention)).toEqual([{ context: { type: "phishing" } }, { context: { type: "malware" } }]);
});

test("CSV – an explorer's table with a counter and a sum – wallets, the sum is no value, the counter is dropped", () => {
  const text = csv(
    ",Address,Name Tag,Balance,Txn Count",
    `0,${LOWER},Some Hacker,"1,169.08 BNB",7`,
    ",,Sum of 1 Accounts,409.2 BNB,35",
  );
  const { items } = read(text);
  expect(found(text)).toEqual([`cryptocurrency-wallet ${LOWER}`, "! csv.no_value"]);
  expect(mention(items[0])).toEqual({ context: { Name_Tag: "Some Hacker", Balance: "1,169.08 BNB", Txn_Count: "7" } });
});

test("CSV – wallets with a currency – families by their form, others kept as written under the declared family", () => {
  const text = csv(
    "address,currency",
    `${WALLET},ETH`,
    `${LOWER},USDT`,
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb,XBT",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,BTC",
    "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H,XMR",
    "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu,BCH",
    "t1Hsc1LR8yKnbbe3twRp88p6vFfC5t7DLbs,ZEC",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb,BTC",
  );
  const { items } = read(text);
  expect(
    items.map((item) => ("problem" in item ? item.problem.code : extension(item, WALLET_FACTS_EXTENSION))),
  ).toEqual([
    { family: "evm", form: "hex", checksum: "ok" },
    { family: "evm", form: "hex", checksum: "absent" },
    { family: "tron", form: "base58", checksum: "ok" },
    { family: "bitcoin", form: "p2pkh", checksum: "ok" },
    { family: "monero" },
    { family: "bitcoin-cash" },
    { family: "zcash" },
    "wallet.checksum",
  ]);
  expect(objectOf(items[0])).toMatchObject({
    id: "cryptocurrency-wallet--d86802a7-235a-5a54-9f49-0266e0ab27f7",
    value: LOWER,
  });
  expect(objectOf(items[5]).value).toBe("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu");
  expect(mention(items[4])).toEqual({ context: { currency: "XMR" } });
});

test("CSV – an address with chain, date and url – the url is the link", () => {
  const { items } = read(
    csv("address,chain,event_date,url,role", `${WALLET},ETH,2025-02-21,https://notice.example.org/1,holding`),
  );
  expect(mention(items[0])).toEqual({
    link: "https://notice.example.org/1",
    context: { chain: "ETH", event_date: "2025-02-21", role: "holding" },
  });
});

test("CSV – no header, six columns, commas inside an unquoted URL – the URL is whole and every other cell in its place", () => {
  const row = (type: string, value: string): string =>
    `2026-01-13 08:26:58,someone,${type},${value},#Tag #Other,https://x.example.org/1`;
  const text = csv(
    row("ip", "198.51.100.7"),
    row("url", "http://evil.example.com/a,b,c.php?x=1,2"),
    row("domain", "evil.example.com"),
    row("md5", MD5),
    row("url", "http://198.51.100.7"),
  );
  const { items } = read(text);
  expect(found(text)).toEqual([
    "ipv4-addr 198.51.100.7",
    "url http://evil.example.com/a,b,c.php?x=1,2",
    "domain-name evil.example.com",
    `file MD5=${MD5}`,
    "url http://198.51.100.7/",
  ]);
  expect(new Set(items.map((item) => JSON.stringify(mention(item))))).toEqual(
    new Set([
      JSON.stringify({
        first_seen: "2026-01-13T08:26:58Z",
        tags: ["#Tag", "#Other"],
        link: "https://x.example.org/1",
        context: { column_2: "someone" },
      }),
    ]),
  );
});

test("CSV – a first row whose type is the word url – no header", () => {
  expect(found(csv("2026-01-13 08:26:58,a,url,http://evil.example.com/,#x,https://x.example.org/1"))).toEqual([
    "url http://evil.example.com/",
  ]);
});

test("CSV – surplus commas in the notes – belong to the notes", () => {
  const { items } = read(csv("value,type,notes", "http://evil.example.com/a,url,C2 server, stage two, old"));
  expect(objectOf(items[0]).value).toBe("http://evil.example.com/a");
  expect(mention(items[0])).toEqual({ notes: "C2 server,stage two,old" });
});

test("CSV – a file table with a Domain column – the domain is the value, rows without one are problems", () => {
  const text = csv(
    "File,Creation,Last Modified,Domain",
    "README.md,  2022-12-07 20:28:11 -0600,  2022-12-07 20:28:11 -0600,",
    "icon0.ico,  2022-12-07 20:47:21 -0600,  2022-12-22 02:23:57 -0600,www.example[.]com",
  );
  const { items } = read(text);
  expect(found(text)).toEqual(["! csv.no_value", "domain-name www.example.com"]);
  expect(mention(items[1])).toEqual({
    context: { File: "icon0.ico", Creation: "2022-12-07 20:47:21 -0600", Last_Modified: "2022-12-22 02:23:57 -0600" },
  });
});

test("CSV – headers in Korean – columns found by their cells, headers kept with the context", () => {
  const { items } = read(csv("지표,설명", "evil.example.com,명령 서버", "b.example.com,유포지"));
  expect(items.map((item) => objectOf(item).value)).toEqual(["evil.example.com", "b.example.com"]);
  expect(mention(items[0])).toEqual({ context: { column_2: "설명: 명령 서버" } });
});

test("CSV – a header that no STIX key may be – kept with its text beside the cell", () => {
  const { items } = read(csv("value,__proto__,constructor", "evil.example.com,a,b"));
  expect(mention(items[0])).toEqual({ context: { proto: "a", constructor: "b" } });
  expect(({} as Record<string, unknown>).a).toBeUndefined();
});

test("CSV – a declared kind that the value plainly is not – read as what it is, with a warning", () => {
  const { items } = read(
    csv(
      "value,type",
      "http://evil.example.com/x,domain",
      "198.51.100.7,hostname",
      `${SHA1},md5`,
      "198.51.100.7:443,ip",
    ),
  );
  expect(
    items.map((item) =>
      "object" in item ? [item.object.type, item.warnings?.map(({ code }) => code)] : item.problem.code,
    ),
  ).toEqual([
    ["url", ["csv.kind_differs"]],
    ["ipv4-addr", ["csv.kind_differs", "value.private"]],
    ["file", ["csv.kind_differs"]],
    ["ipv4-addr", ["value.port_dropped", "value.private"]],
  ]);
});

test("CSV – comment lines before the header, as in our own export – left out, rows counted as a spreadsheet does", () => {
  const { items } = read(
    csv(
      "# exported 2026-04-11 for XX-AGENCY",
      "# serial 7, policy abc",
      "tlp,type,value",
      "TLP:GREEN,domain-name,evil.example.com",
    ),
  );
  expect(items[0]?.place).toBe("row 4");
  expect(mention(items[0])).toEqual({ context: { tlp: "TLP:GREEN" } });
});

test("CSV – a single column with a known header – a table", () => {
  expect(read(csv("domain", "evil.example.com", "b.example.com"))).toMatchObject({
    format: "csv",
    items: [{ place: "row 2" }, { place: "row 3" }],
  });
});

test.each([
  ["a quote that never closes", ['a.example.com,"never', "b.example.com,x", "c.example.com,y"]],
  [
    "a quote that never closes before quoted rows",
    ['a.example.com,"never', 'b.example.com,"x"', 'c.example.com,"y, z"'],
  ],
  ["text after a closing quote", ['a.example.com,"x"y', "b.example.com,x", 'c.example.com,"y"']],
  ["a value that opens a quote", ['"a.example.com,x', 'b.example.com,"x"', "c.example.com,y"]],
])("broken quotes – %s – that row alone is rejected", (_, rows) => {
  const { items } = read(csv("value,notes", "first.example.com,ok", ...rows), "csv");
  expect(
    items.map((item) => ("problem" in item ? [item.problem.code, item.problem.path] : objectOf(item).value)),
  ).toEqual(["first.example.com", ["csv.quote", "row 3"], "b.example.com", "c.example.com"]);
});

test("quotes – cells over several lines, doubled quotes and quotes inside a bare cell – kept", () => {
  const { items } = read(
    csv(
      "value,notes",
      'a.example.com,"two\nlines, ""quoted"""',
      'b.example.com,said "so" often',
      'c.example.com, "blank before" ',
    ),
  );
  expect(items.map(({ place }) => place)).toEqual(["row 2", "row 3", "row 4"]);
  expect(items.map(mention)).toEqual([
    { notes: 'two\nlines, "quoted"' },
    { notes: 'said "so" often' },
    { notes: "blank before" },
  ]);
});

test.each([
  [",", ["", ",,,", " , ,,", '"","",,""', "\t,"]],
  [";", ["", ";;", '""; ;']],
  ["\t", ["\t\t", '""\t\t']],
  ["|", ["||", " | |"]],
])(
  "rows of nothing but %j – before the header, between and at the end – blank lines like others, rows counted as a spreadsheet does",
  (mark, blanks) => {
    const line = (...cells: string[]): string => cells.join(mark);
    const text = csv(
      ...blanks,
      line("value", "notes", "seen"),
      line("a.example.com", "first", ""),
      ...blanks,
      line("b.example.com", "", ""),
      ...blanks,
      "",
    );
    const { items } = read(text, "csv");
    expect(items.map(({ place, given }) => [place, given])).toEqual([
      [`row ${blanks.length + 2}`, "a.example.com"],
      [`row ${2 * blanks.length + 3}`, "b.example.com"],
    ]);
  },
);

test("a row without a value – but with a word in another cell – is a problem, not blank", () => {
  const { items } = read(csv("value,notes", "a.example.com,x", ",lost"), "csv");
  expect(items[1]).toMatchObject({ place: "row 3", problem: { code: "csv.no_value" } });
});

test("forced – a table without values – refused with code; unforced it is read as text", () => {
  const text = csv("name,colour", "apple,red", "pear,green");
  expect(faultOf(() => read(text, "csv"))).toMatchObject({ kind: "bad_request", code: "csv.no_value_column" });
  expect(read(text)).toEqual({ format: "text", items: [] });
});

test("no header and remarks only – wallets inside the remarks – found as text", () => {
  const text = `1234,"NAME, Some",individual,"Digital Currency Address - XBT 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa; alt. Digital Currency Address - ETH ${WALLET}; Email Address a@example.com"`;
  expect(found(text)).toEqual([
    "cryptocurrency-wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    `cryptocurrency-wallet ${LOWER}`,
    "email-addr a@example.com",
  ]);
});

test("the same row again – in another place of another table – the same bytes", () => {
  const one = objectOf(read(csv("value,notes", "x.example.com,a", "evil.example.com,C2")).items[1]);
  const two = objectOf(read(csv("notes;value", "C2;EVIL[.]example[.]com")).items[0]);
  expect(JSON.stringify(one)).toBe(JSON.stringify(two));
});

test.each([
  ["quotes that open and never close", '"a\n'.repeat(200_000)],
  ["one open quote before many lines", `"a\n${"b,c\n".repeat(200_000)}`],
  ["open quotes among lines without", `"a\n${"b\n".repeat(70)}`.repeat(4000)],
  ["commas", ",".repeat(900_000)],
  ["quotes", '"'.repeat(900_000)],
])("hostile table – %s – read within the suite's limit for one test", (_, text) => {
  read(`value,notes\nexample.com,x\n${text}`, "csv");
});
