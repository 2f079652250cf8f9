import type { ReactNode } from "react";

export const PANES = ["todos", "chat"] as const;
export type PaneId = (typeof PANES)[number];

/** Whether a pane is beside the other one, or one of two tabs. */
export type PaneState = "beside" | "selected" | "hidden";

interface Props {
  id: PaneId;
  state: PaneState;
  children: ReactNode;
}

/** Named by its heading `<id>-heading`, or by its tab `<id>-tab`. */
export function Pane({ id, state, children }: Props) {
  const role =
    state === "beside"
      ? { "aria-labelledby": `${id}-heading` }
      : { role: "tabpanel", "aria-labelledby": `${id}-tab`, hidden: state === "hidden" };
  return (
    <section className="pane" id={id} tabIndex={-1} {...role}>
      {children}
    </section>
  );
}
