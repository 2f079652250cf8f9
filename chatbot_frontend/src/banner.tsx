import type { ReactNode } from "react";

/** The header of every page; `skip` is a skip link, which comes first. */
export function Banner({ skip, children }: { skip?: ReactNode; children?: ReactNode }) {
  return (
    <header className="banner">
      {skip}
      <h1>Slipway todos</h1>
      {children}
    </header>
  );
}
