package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;
import java.nio.file.Path;

/** Whether a library of CUDA can be used. */
public sealed interface LibraryStatus {

    /**
     * It is loaded, and so is JCuda's class for it.
     *
     * @param version what the library itself says, such as 13.1.1
     * @param file the library
     * @param origin where its folder was found
     * @param retargeted whether JCuda's JNI library was made to ask for this CUDA instead of CUDA 12
     */
    record Usable(String version, Path file, String origin, boolean retargeted) implements LibraryStatus {}

    /** It is not here, or cannot be loaded. Not tried again in this JVM. */
    record Missing(Unavailable why) implements LibraryStatus {}
}
