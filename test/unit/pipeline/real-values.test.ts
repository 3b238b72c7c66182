import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { canonicaliseValue } from "../../../server/pipeline/canonicalise/value.ts";
import { keyOf } from "../../../server/pipeline/key.ts";

const DATA = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const there = existsSync(path.join(DATA, "ofac/addresses"));
if (!there) console.warn(`No real data in ${DATA}: the tests of real wallets and domain lists did not run.`);
const real = there ? test : test.skip;

const lines = (file: string): string[] =>
  readFileSync(path.join(DATA, file), "utf8")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");

/** Currency and what became of an address: family, form and checksum state, or the code of the problem. */
function verdict(currency: string, address: string): string {
  const outcome = canonicaliseValue("cryptocurrency-wallet", address, currency);
  if ("problem" in outcome) return `${currency} ${outcome.problem.code}`;
  const { sort, canonical, checksum } = outcome.value;
  const form =
    sort !== "bitcoin" ? "" : canonical.startsWith("bc1") ? " bech32" : canonical.startsWith("1") ? " P2PKH" : " P2SH";
  return `${currency} ${sort}${form} ${checksum}`;
}

real("canonicalise – the 654 addresses of OFAC's lists – families and checksums as counted by hand (domain 5)", () => {
  const files = readdirSync(path.join(DATA, "ofac/addresses")).filter((name) => name.endsWith(".txt"));
  const counts: Record<string, number> = {};
  for (const name of files) {
    const currency = /_([A-Z]+)\.txt$/.exec(name)?.[1] ?? "";
    for (const address of lines(`ofac/addresses/${name}`)) {
      const found = verdict(currency, address);
      counts[found] = (counts[found] ?? 0) + 1;
    }
  }
  expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(654);
  expect(counts).toEqual({
    "ARB evm absent": 1,
    "BCH wallet.unsupported_family": 7,
    "BSC evm absent": 1,
    "BSV wallet.unsupported_family": 1,
    "BTG wallet.unsupported_family": 1,
    "DASH wallet.unsupported_family": 3,
    "ETC evm absent": 1,
    "ETH evm absent": 37,
    "ETH evm ok": 115,
    "LTC wallet.unsupported_family": 10,
    "TRX tron ok": 6,
    "USDC evm absent": 1,
    "USDC evm ok": 1,
    "USDT bitcoin P2PKH ok": 5,
    "USDT bitcoin P2SH ok": 2,
    "USDT evm absent": 5,
    "USDT evm ok": 3,
    "USDT tron ok": 11,
    "XBT bitcoin P2PKH ok": 196,
    "XBT bitcoin P2SH ok": 158,
    "XBT bitcoin bech32 ok": 80,
    "XBT tron ok": 1,
    "XMR wallet.unsupported_family": 3,
    "XRP wallet.unsupported_family": 1,
    "XVG wallet.unsupported_family": 1,
    "ZEC wallet.unsupported_family": 3,
  });
});

real("canonicalise – the 51 Bybit addresses of the FBI's notice – all pass EIP-55", () => {
  const rows = lines("wallets-public/fbi_dprk_addresses.csv").filter((row) => row.includes("Bybit"));
  const verdicts = rows.map((row) => verdict("ETH", row.split(",")[0] ?? ""));
  expect(verdicts).toEqual(Array.from({ length: 51 }, () => "ETH evm ok"));
});

real("keyOf – the same Ethereum address in EIP-55 and in one case – one key", () => {
  const addresses = lines("ofac/addresses/sanctioned_addresses_ETH.txt");
  const key = (value: string) => {
    const keyed = keyOf({ type: "cryptocurrency-wallet", id: "cryptocurrency-wallet--1", value }, "US-FBI");
    return "key" in keyed ? keyed.key.text : "";
  };
  expect(addresses.map((address) => key(address.toLowerCase()))).toEqual(addresses.map(key));
});
