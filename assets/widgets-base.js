// Lets the live controls load their scripts from this book instead of from a server on the internet.
(function () {
  var here = document.currentScript.src.replace(/[^/]*$/, "");
  window.requirejs.config({ baseUrl: here });
  // The widget manager hands its labels to MathJax 2; the book carries MathJax 3. Listening here, before the
  // manager does, puts the bridge in place in time.
  window.addEventListener("load", function () {
    if (!window.MathJax || window.MathJax.Hub) return;
    window.MathJax.Hub = {
      Queue: function (call) {
        var label = call && call[2];
        if (label && window.MathJax.typesetPromise) window.MathJax.typesetPromise([label]);
      },
    };
  });
})();
