// Shows, while somebody types, the line that everybody will see. The pages work without it.

const PAUSE = 300; // milliseconds; screen readers hear the finished line rather than each letter

/** The same rule as on the server: "Ada Lovelace" becomes "Ada L."; a single word stays as it is. */
function shortened(name) {
  const words = name.split(/\s+/u);
  if (words.length < 2) return name;
  const initial = words.at(-1).match(/\p{L}/u);
  return initial ? `${words[0]} ${initial[0]}.` : words[0];
}

function line(form, words) {
  const value = (field) => (form.elements[field]?.value ?? "").trim().normalize("NFC");
  const name = value("name");
  const role = value("role");
  switch (form.elements.appear.value) {
    case "anonymous":
      return words.anonymous;
    case "role":
      return role || words.noRole;
    case "initial":
      return [name ? shortened(name) : words.noName, role].filter(Boolean).join(", ");
    default:
      return [name || words.noName, role].filter(Boolean).join(", ");
  }
}

for (const form of document.querySelectorAll("form[data-preview]")) {
  const output = form.querySelector("output");
  let waiting;
  const show = () => {
    output.textContent = line(form, output.dataset);
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  };
  form.addEventListener("input", soon);
  output.closest("[hidden]").hidden = false;
  show();
}
