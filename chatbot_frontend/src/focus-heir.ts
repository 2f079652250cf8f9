import { useLayoutEffect, useRef } from "react";

/**
 * When an element leaves the page while it has the focus, its heir gets it. Otherwise the browser gives it to the
 * document, and who works with the keyboard starts from the top again.
 */
export function useFocusHeir<E extends HTMLElement>(heirOf: (leaving: E) => HTMLElement | null | undefined) {
  const element = useRef<E>(null);
  const inherit = useRef(heirOf);

  useLayoutEffect(() => {
    const leaving = element.current;
    const find = inherit.current;
    return () => {
      if (leaving?.contains(document.activeElement)) find(leaving)?.focus();
    };
  }, []);

  return element;
}
