// Who searches wants to do something: guides and remedies come before the reference. The short
// answers to questions come first of all that match equally.
// The other numbers are those of Sphinx.
var Scorer = {
  score: ([docname, title, anchor, description, score]) =>
    score +
    (/^(start|guides(?!\/from-))\/|^(adapters|choose|errors)$/.test(docname) ? 10 : 0) +
    (docname === "how/questions" ? 11 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
