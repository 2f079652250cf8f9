interface Props {
  at: string;
  completed: boolean;
}

const format = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function DueDate({ at, completed }: Props) {
  const due = new Date(at);
  const overdue = !completed && due < new Date();
  return (
    <span className={overdue ? "due overdue" : "due"}>
      {overdue ? "Overdue since" : "Due"} <time dateTime={at}>{format.format(due)}</time>
    </span>
  );
}
