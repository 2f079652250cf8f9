import { useState } from "react";

/** The value, or while there is none, the last one. */
export function useLast<T>(value: T | null | undefined): T | undefined {
  const [last, setLast] = useState<{ value: T }>();
  if (value === null || value === undefined) return last?.value;
  if (last?.value !== value) setLast({ value });
  return value;
}
