interface Props<T extends string> {
  /** The name of the whole, and one that no other choice of the page has. */
  legend: string;
  name: string;
  options: readonly (readonly [value: T, label: string])[];
  chosen: T;
  onChoose: (value: T) => void;
}

export function Choice<T extends string>({ legend, name, options, chosen, onChoose }: Props<T>) {
  return (
    <fieldset className="choice">
      <legend className="unseen">{legend}</legend>
      {options.map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            className="unseen"
            checked={value === chosen}
            onChange={() => {
              onChoose(value);
            }}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
