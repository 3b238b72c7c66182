import type { Command } from "commander";
import type { Core } from "../compose.ts";
import { addStoreMove } from "./store-move.ts";
import { addStoreVerify } from "./store-verify.ts";

/** `tricord store …`: the store as a whole. */
export function addStoreCommands(program: Command, open: () => Promise<Core>): void {
  const store = program.command("store").description("The store as a whole");
  addStoreMove(store, open);
  addStoreVerify(store, open);
}
