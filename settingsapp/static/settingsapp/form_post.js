// The form's own inputs are only its looks: what counts is the document in the textarea. Sent along, a long watchlist
// would exceed the number of fields that the server takes.
const DECORATION = "rjf§";
// An entry that is removed or moved first fades away, and only then leaves the document.
const STILL_MOVING = ".rjf-animate";

document.addEventListener("formdata", ({ formData }) => {
  for (const name of [...formData.keys()]) {
    if (name.startsWith(DECORATION)) formData.delete(name);
  }
});

document.addEventListener("submit", (event) => {
  if (!document.querySelector(STILL_MOVING)) return;
  event.preventDefault();
  const { target: form, submitter } = event;
  const submitWhenStill = () => {
    if (document.querySelector(STILL_MOVING)) setTimeout(submitWhenStill, 20);
    else form.requestSubmit(submitter);
  };
  submitWhenStill();
});
