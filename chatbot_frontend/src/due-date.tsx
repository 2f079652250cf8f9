import { Moment } from "./moment-view.tsx";

interface Props {
  at: string;
  completed: boolean;
}

export function DueDate({ at, completed }: Props) {
  const overdue = !completed && new Date(at) < new Date();
  return (
    <span className={overdue ? "due overdue" : "due"}>
      {overdue ? "Overdue since" : "Due"} <Moment at={at} />
    </span>
  );
}
