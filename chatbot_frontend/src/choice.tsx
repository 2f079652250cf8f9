interface Props<T extends string> {
  /** The accessible name of the group. */
  legend: string;
  /** Unique on the page. */
  name: string;
  options: readonly (readonly [option: T, label: string])[];
  value: T;
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ legend, name, options, value, onChange }: Props<T>) {
  return (
    <fieldset className="choice">
      <legend className="unseen">{legend}</legend>
      {options.map(([option, label]) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            className="unseen"
            checked={option === value}
            onChange={() => {
              onChange(option);
            }}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
