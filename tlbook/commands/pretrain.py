"""``tlbook pretrain``: make the weights of an embedded source model again, from its recipe."""

from tlbook.errors import BadInput
from tlbook.runtime import cache_dir


def run_pretrain(options):
    """Pre-train a source model and say where its weights are.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    int
        Exit status.
    """
    if options.source == "words":
        return _pretrain_words(options)
    for name in ("corpus", "exclude"):
        if getattr(options, name):
            raise BadInput(f"received `{name}` for {options.source}; expected it with the `source` words alone")
    from tlbook.pretraining.recipes import find_recipe

    recipe = find_recipe(options.source, steps=options.steps, seed=options.seed)
    from tlbook.pretraining.run import pretrain

    result = pretrain(recipe, options.work or cache_dir() / "pretraining", quiet=options.quiet)
    print(f"{result['weights']}  sha256 {result['sha256']}")
    if "sets_sha256" in result:
        print(f"sets and blender beside it  sha256 {result['sets_sha256']}; domain told right: {result['blender']:.3f}")
    print(f"{result['steps']} steps, {result['images']:,} images seen, loss {result['loss']:.3f} at the end")
    return 0


def _pretrain_words(options):
    """Pre-train word vectors on the texts of a zip archive."""
    from dataclasses import replace

    from tlbook.pretraining.words import WordRecipe, pretrain_words

    if options.corpus is None:
        raise BadInput("received no `corpus`; expected a zip archive of .txt files to learn words from")
    if options.steps is not None:
        raise BadInput("received `steps` for words; expected none: their vectors are computed, not trained")
    folder = options.work or cache_dir() / "pretraining"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = WordRecipe() if options.seed is None else replace(WordRecipe(), seed=options.seed)
    result = pretrain_words(
        options.corpus, folder / "words.npz", recipe=recipe, exclude=options.exclude, quiet=options.quiet
    )
    print(f"{result['weights']}  sha256 {result['sha256']}")
    print(
        f"{result['words']:,} words, from {sum(result['words_seen'].values()):,} in {len(result['words_seen'])} files"
    )
    return 0
