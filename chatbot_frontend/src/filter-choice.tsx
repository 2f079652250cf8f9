import type { Filter } from "./todo-page.ts";

interface Props {
  chosen: Filter;
  onChoose: (filter: Filter) => void;
}

const FILTERS: readonly (readonly [Filter, string])[] = [
  ["all", "All"],
  ["open", "Open"],
  ["done", "Done"],
];

export function FilterChoice({ chosen, onChoose }: Props) {
  return (
    <fieldset className="choice">
      <legend className="unseen">Show</legend>
      {FILTERS.map(([filter, name]) => (
        <label key={filter}>
          <input
            type="radio"
            name="filter"
            className="unseen"
            checked={filter === chosen}
            onChange={() => {
              onChoose(filter);
            }}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
