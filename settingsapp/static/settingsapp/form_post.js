// The form's own inputs are only its looks: what counts is the document in the textarea. Sent along, a long watchlist
// would exceed the number of fields that the server takes.
const DECORATION = "rjf§";

document.addEventListener("formdata", ({ formData }) => {
  for (const name of [...formData.keys()]) {
    if (name.startsWith(DECORATION)) formData.delete(name);
  }
});
