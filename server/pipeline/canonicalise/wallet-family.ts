/** Families of addresses that have a canonical form here. */
export type WalletFamily = "bitcoin" | "evm" | "tron";

/**
 * What a declared family, chain or currency says of the address: one family; `token`: lives on several of them, so that the
 * form decides (a list's currency alone does not give the family, domain 5); `other`: a family without canonical form here;
 * `unknown`: a word that says nothing to us.
 */
export type Declared = WalletFamily | "token" | "other" | "unknown";

const WORDS: Readonly<Record<Exclude<Declared, "unknown">, string>> = {
  bitcoin: "bitcoin btc xbt omni lightning p2pkh p2sh p2wpkh p2wsh p2tr",
  evm: `evm eip155 ethereum eth ether erc20 etc ethereumclassic bsc bnb bnbchain binancesmartchain bep20 polygon matic pol arbitrum
    arb optimism base avalanche avax fantom ftm cronos gnosis xdai linea scroll zksync blast mantle celo moonbeam`,
  tron: "tron trx trc20",
  token: "token stablecoin usdt tether usdc usdcoin dai busd tusd usdd wbtc weth shib link",
  other: `monero xmr litecoin ltc dogecoin doge dash zcash zec bitcoincash bch bitcoincashnode bitcoinsv bsv bitcoingold btg verge xvg
    ripple xrp xrpl solana sol stellar xlm eos ton toncoin cosmos atom thorchain rune cardano ada polkadot dot kusama algorand algo
    tezos xtz near aptos apt sui hedera hbar filecoin fil nano xno neo icon icx vechain vet xdc xdce iota kaspa kas`,
};

const DECLARED: ReadonlyMap<string, Declared> = new Map(
  (["bitcoin", "evm", "tron", "token", "other"] as const).flatMap((family) =>
    WORDS[family].split(/\s+/).map((word) => [word, family] as const),
  ),
);

/** Reads a declared family, chain or currency in any spelling: `EVM`, `Binance Smart Chain`, `XBT`, `monero`. */
export function declaredFamily(text: string): Declared {
  if (text.length > 64) return "unknown";
  return DECLARED.get(text.toLowerCase().replace(/[^a-z0-9]/g, "")) ?? "unknown";
}
