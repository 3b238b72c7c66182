/** Chains on which transactions are told apart by their hash (dedup 4, transaction). */

/** How a chain writes its hashes: 32 bytes in hexadecimal, or a Solana signature (base58 of 64 bytes). */
export type HashForm = "hex" | "base58";

export interface Chain {
  readonly id: string;
  readonly form: HashForm;
  /** The coin of this chain and of no other: with the hash it makes the id that others make. */
  readonly symbol?: string;
}

/** Id, symbol (`-`: that of another chain), then other words for it; a line a chain. */
const HEX = `bitcoin BTC xbt omni
ethereum ETH ether erc20
tron TRX trc20
bsc BNB bnbchain binancesmartchain bep20
polygon POL matic
avalanche AVAX avaxc
fantom FTM
cronos CRO
arbitrum - arb arbitrumone
optimism - op
base -
linea -
scroll -
zksync -
blast -
mantle MNT
celo CELO
gnosis - xdai
ethereumclassic ETC
litecoin LTC
dogecoin DOGE
dash DASH
zcash ZEC
bitcoincash BCH
bitcoinsv BSV
monero XMR
ripple XRP xrpl
stellar XLM
cardano ADA
cosmos ATOM
thorchain RUNE`;

const CHAINS: readonly (readonly [Chain, readonly string[]])[] = [
  ...HEX.split("\n").map((line): readonly [Chain, readonly string[]] => {
    const [id = "", symbol = "-", ...words] = line.trim().split(" ");
    return symbol === "-"
      ? [{ id, form: "hex" }, [id, ...words]]
      : [{ id, form: "hex", symbol }, [id, symbol.toLowerCase(), ...words]];
  }),
  [{ id: "solana", form: "base58", symbol: "SOL" }, ["solana", "sol", "spl"]],
];

const BY_WORD: ReadonlyMap<string, Chain> = new Map(
  CHAINS.flatMap(([chain, words]) => words.map((word) => [word, chain] as const)),
);

/** The chain that a name, symbol or token standard means in any spelling; `undefined` for one that says nothing of the chain, such as `USDT`. */
export const chainOf = (text: string): Chain | undefined =>
  text.length > 64 ? undefined : BY_WORD.get(text.toLowerCase().replace(/[^a-z0-9]/g, ""));
