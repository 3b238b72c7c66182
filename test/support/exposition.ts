export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** Metric families with what they are. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of the one sample with this name and these labels among others; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let left = text; left !== ""; ) {
    const match = LABEL.exec(left);
    if (match === null) throw new Error(`no labels: ${text}`);
    labels[match[1] ?? ""] = match[2] ?? "";
    left = left.slice(match[0].length);
  }
  return labels;
}

const numberOf = (text: string): number => {
  const value = text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
  if (!/^(?:[+-]Inf|nan|[-+0-9.e]+)$/i.test(text)) throw new Error(`no number: ${text}`);
  return value;
};

const familyOf = (name: string, types: ReadonlyMap<string, string>): string =>
  types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");

/** Reads the text format of Prometheus, version 0.0.4; throws at what does not follow it: a sample of no family, a family said twice, groups that do not grow. */
export function readExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`).exec(line);
    if (type !== null) {
      if (types.has(type[1] ?? "")) throw new Error(`twice: ${line}`);
      types.set(type[1] ?? "", type[2] ?? "");
    } else if (!line.startsWith("#")) {
      const match = SAMPLE.exec(line);
      if (match === null) throw new Error(`no sample: ${line}`);
      const sample = { name: match[1] ?? "", labels: labelsOf(match[2] ?? ""), value: numberOf(match[3] ?? "") };
      if (!types.has(familyOf(sample.name, types))) throw new Error(`of no family: ${line}`);
      samples.push(sample);
    }
  }
  const lasts = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    if (!name.endsWith("_bucket")) continue;
    const { le: _, ...others } = labels;
    const key = `${name}${JSON.stringify(others)}`;
    if (value < (lasts.get(key) ?? 0)) throw new Error(`groups that do not grow: ${key}`);
    lasts.set(key, value);
  }
  return {
    types,
    samples,
    value: (name, asked = {}) => {
      const found = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(asked).every(([label, value]) => sample.labels[label] === value),
      );
      if (found.length > 1) throw new Error(`${found.length} samples of ${name}`);
      return found[0]?.value;
    },
  };
}
