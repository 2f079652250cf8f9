import { useLayoutEffect, useRef } from "react";

/**
 * When an element leaves the page while it has the focus, the one that is found then gets it. Otherwise the browser gives
 * it to the document, and who works with the keyboard starts from the top again.
 */
export function useRestoreFocus<E extends HTMLElement>(
  findNext: (leaving: E) => HTMLElement | null | undefined,
) {
  const element = useRef<E>(null);
  const firstFind = useRef(findNext);

  useLayoutEffect(() => {
    const leaving = element.current;
    const find = firstFind.current;
    return () => {
      if (leaving?.contains(document.activeElement)) find(leaving)?.focus();
    };
  }, []);

  return element;
}
