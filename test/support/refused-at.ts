/** What a refusal says: its status, its code, and the field that it is about. */
export const refusedAt = (status: number, code: string, path: string): object => ({
  status,
  json: { error: { code, path, message: expect.any(String) } },
});
