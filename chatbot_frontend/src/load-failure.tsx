/**
 * Says that a part of the app could not be loaded. Only a reload helps: a browser does not ask again for a module that
 * it could not load, and after a release the server has other names for all of them.
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
