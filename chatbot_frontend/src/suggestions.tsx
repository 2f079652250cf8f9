const PROMPTS = ["What is on my list?", "Add buy milk", "What is due this week?"];

export function Suggestions({ onChoose }: { onChoose: (prompt: string) => void }) {
  return (
    <div className="suggestions" role="group" aria-label="Examples">
      {PROMPTS.map((prompt) => (
        <button
          type="button"
          key={prompt}
          onClick={() => {
            // This row disappears with the first message, and would lose the focus.
            document.getElementById("message")?.focus();
            onChoose(prompt);
          }}
        >
          {prompt}
        </button>
      ))}
    </div>
  );
}
