# Set-up. It does nothing where the book's package is installed; in Colab or Kaggle it takes about a minute.
import importlib.util

PACKAGE = ""  # the repository's address for pip, or a folder with a copy of it

if importlib.util.find_spec("tlbook") is None:
    import subprocess
    import sys
    from importlib import metadata

    from packaging.requirements import Requirement

    if not PACKAGE:
        raise ModuleNotFoundError(
            "received no package 'tlbook' and no address of it; expected one of the two; write the address of the "
            "book's repository, or a folder with a copy of it, into PACKAGE above and run this cell again"
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", PACKAGE], check=True)
    importlib.invalidate_caches()
    found = {row.metadata["Name"].lower().replace("_", "-"): row.version for row in metadata.distributions()}
    needs = [Requirement(line) for line in metadata.requires("tlbook")]
    needs = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": "tensorflow"})]
    # What is there stays as it is: hosted notebooks bring builds of TensorFlow, Keras, JAX and NumPy of their own.
    missing = [f"{need.name}{need.specifier}" for need in needs if need.name not in found]
    kept = [f"{name}=={found[name]}" for name in ("tensorflow", "keras", "jax", "jaxlib", "numpy") if name in found]
    if missing:
        subprocess.run([*pip, *missing, *kept], check=True)
    for need in needs:
        if need.name in found and not need.specifier.contains(found[need.name], prereleases=True):
            print(f"{need.name} {found[need.name]} is here; the book was tested with {need.specifier}")
    importlib.invalidate_caches()
    from tlbook.runtime import hardware, import_keras

    import_keras()  # with it come the accelerators
    print("ready:", ", ".join(f"{name} {value}" for name, value in hardware().items()))
