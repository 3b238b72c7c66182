import { readFileSync } from "node:fs";
import path from "node:path";
import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Ask, Decision } from "../../schemas/policy/decision.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";

interface Case {
  readonly id: string;
  readonly viewer: string;
  readonly label: string;
  readonly at?: string;
  readonly channel?: Channel;
  readonly suspended?: readonly string[];
  readonly with?: Partial<Label>;
  readonly expect: Decision;
}

interface CaseFile {
  readonly agencies: Record<string, { country: string; categories: string[] }>;
  readonly agreements: Agreements;
  readonly viewers: Record<string, Viewer>;
  readonly labels: Record<string, Label>;
  readonly cases: readonly Case[];
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(path.resolve(process.cwd(), "test/cases", name), "utf8")) as T;

const book = read<CaseFile>("policy.json");
const more = read<{ cases: readonly Case[] }>("policy-more.json").cases;

/** The agencies, agreements, viewers and labels that the cases name: a world for other tests too. */
export const { agencies, agreements, viewers, labels } = book;

export interface WorkedCase {
  readonly id: string;
  readonly ask: Ask;
  readonly expect: Decision;
}

const AT = "2026-04-11T00:00:00.000Z";

function worked(one: Case): WorkedCase {
  const [viewer, label] = [viewers[one.viewer], labels[one.label]];
  if (viewer === undefined || label === undefined) throw new Error(`${one.id} names an unknown viewer or label`);
  const suspended = Object.fromEntries(
    Object.entries(agreements).map(([id, agreement]) => [
      id,
      one.suspended?.includes(id) === true ? { ...agreement, status: "suspended" as const } : agreement,
    ]),
  );
  return {
    id: one.id,
    ask: {
      viewer,
      label: { ...label, ...one.with },
      agreements: suspended,
      at: one.at ?? AT,
      ...(one.channel === undefined ? {} : { channel: one.channel }),
    },
    expect: one.expect,
  };
}

export const givenCases = book.cases.map(worked);
export const cases = [...givenCases, ...more.map(worked)];
