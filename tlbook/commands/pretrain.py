"""``tlbook pretrain``: make the weights of an embedded source model again, from its recipe."""

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
    from tlbook.pretraining.recipes import find_recipe

    recipe = find_recipe(options.source, steps=options.steps, seed=options.seed)
    from tlbook.pretraining.run import pretrain

    result = pretrain(recipe, options.work or cache_dir() / "pretraining", quiet=options.quiet)
    print(f"{result['weights']}  sha256 {result['sha256']}")
    if "sets_sha256" in result:
        print(f"sets and blender beside it  sha256 {result['sets_sha256']}; domain told right: {result['blender']:.3f}")
    print(f"{result['steps']} steps, {result['images']:,} images seen, loss {result['loss']:.3f} at the end")
    return 0
