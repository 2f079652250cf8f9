import { screen, within } from "@testing-library/react";

/** The titles in the list of todos, from the top. */
export function listTitles(): (string | null)[] {
  const list = screen.getByRole("list", { name: "Todos" });
  return within(list)
    .queryAllByRole("checkbox")
    .map((box) => box.parentElement?.textContent ?? null);
}

/** Waits for the checkbox of a todo. */
export function findCheckbox(title: string): Promise<HTMLElement> {
  return screen.findByRole("checkbox", { name: title });
}
