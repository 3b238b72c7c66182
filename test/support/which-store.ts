/** On which engine the suites run that run on both: `STORE=sqlite|mongo`, in tests only. */
export const STORE: "sqlite" | "mongo" = chosen(process.env.STORE ?? "sqlite");

function chosen(name: string): "sqlite" | "mongo" {
  if (name === "sqlite" || name === "mongo") return name;
  throw new Error(`STORE=${name}: sqlite or mongo`);
}
