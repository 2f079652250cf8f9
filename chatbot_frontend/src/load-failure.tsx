/**
 * Reports that a part of the app could not be loaded. Only a reload helps: browsers do not request a failed module
 * again, and a new release has other file names.
 */
export function LoadFailure({ what }: { what: string }) {
  return (
    <div className="error" role="alert">
      {what} could not be loaded: the connection is away, or there is a newer version of the page.{" "}
      <button
        type="button"
        onClick={() => {
          location.reload();
        }}
      >
        Reload the page
      </button>
    </div>
  );
}
