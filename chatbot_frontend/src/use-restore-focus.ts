import { useLayoutEffect, useRef } from "react";

/**
 * Moves the focus to another element when the focused one is removed. Otherwise the browser moves it to the document,
 * and keyboard users have to start from the top again.
 */
export function useRestoreFocus<E extends HTMLElement>(
  findNext: (leaving: E) => HTMLElement | null | undefined,
) {
  const element = useRef<E>(null);
  const initialFindNext = useRef(findNext);

  useLayoutEffect(() => {
    const leaving = element.current;
    const findNextElement = initialFindNext.current;
    return () => {
      if (leaving?.contains(document.activeElement)) findNextElement(leaving)?.focus();
    };
  }, []);

  return element;
}
