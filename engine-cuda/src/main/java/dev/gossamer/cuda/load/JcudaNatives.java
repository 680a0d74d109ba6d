package dev.gossamer.cuda.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import org.jspecify.annotations.Nullable;

/**
 * Loads JCuda's classes with their JNI libraries, from a private folder that is deleted as soon as they are loaded. The
 * library is loaded here first, so that what the linker says is kept, and a failure does not poison JCuda's class.
 */
final class JcudaNatives {

    private static final String TEMPORARY = "java.io.tmpdir";

    private JcudaNatives() {}

    /** Changes a JNI library before it is loaded. */
    @FunctionalInterface
    interface Patch {

        /** None. */
        Patch NONE = image -> image;

        byte[] apply(byte[] image) throws ElfFormatException;
    }

    /**
     * Loads one class of JCuda. To be called once for each in a JVM.
     *
     * @throws RefusedException if something is missing or cannot be loaded
     */
    @SuppressWarnings("restricted") // this is the class that loads native libraries
    static void load(JcudaBinding binding, Patch patch) throws RefusedException {
        String file = binding.library();
        try {
            file = fileName(binding);
            byte[] image = resource("/lib/" + file);
            try (PrivateFolder folder = PrivateFolder.in(Path.of(System.getProperty(TEMPORARY)))) {
                if (image != null) {
                    System.load(folder.write(file, patch.apply(image)).toString());
                }
                initialize(binding, folder.path());
            }
        } catch (IllegalCallerException e) {
            throw new RefusedException(Trouble.NATIVE_ACCESS.because(e, text(e)));
        } catch (IOException e) {
            throw new RefusedException(Trouble.NO_ROOM.because(e, file, text(e)));
        } catch (ClassNotFoundException | NoClassDefFoundError e) {
            throw new RefusedException(Trouble.NO_JCUDA.because(e, binding.className()));
        } catch (LinkageError e) {
            throw new RefusedException(
                    isUnpackable(file)
                            ? Trouble.BROKEN_NATIVES.because(e, file, text(e))
                            : Trouble.NO_NATIVES.because(e, file));
        }
    }

    private static String fileName(JcudaBinding binding) {
        return LibUtils.createLibraryFileName(
                LibUtils.createPlatformLibraryName(binding.library() + "-" + JCudaVersion.get()));
    }

    private static byte @Nullable [] resource(String name) throws IOException {
        try (InputStream in = LibUtils.class.getResourceAsStream(name)) {
            return in == null ? null : in.readAllBytes();
        }
    }

    private static boolean isUnpackable(String file) {
        return JcudaNatives.class.getResource("/lib/" + file) != null;
    }

    /**
     * JCuda's static initialiser takes the library from java.library.path, else from this property's folder, where it is
     * loaded already. The JDK reads the property once, at its start, so that nothing of it follows the change.
     */
    private static void initialize(JcudaBinding binding, Path folder) throws ClassNotFoundException {
        String before = System.setProperty(TEMPORARY, folder.toString());
        try {
            Class.forName(binding.className(), true, JcudaNatives.class.getClassLoader());
        } finally {
            if (before == null) {
                System.clearProperty(TEMPORARY);
            } else {
                System.setProperty(TEMPORARY, before);
            }
        }
    }

    /** The first line of the message: JCuda's are stack traces. */
    static String text(Throwable e) {
        String message = e.getMessage();
        return message == null
                ? e.toString()
                : message.lines().findFirst().orElse("").strip();
    }
}
