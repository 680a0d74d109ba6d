import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Fails when a file, the first argument, has more bytes than the second argument says. */
final class Size {

    private Size() {}

    public static void main(String[] args) throws IOException {
        long bytes = Files.size(Path.of(args[0]));
        long most = Long.parseLong(args[1]);
        System.out.println(args[0] + ": " + bytes + " bytes of at most " + most);
        if (bytes > most) {
            System.err.println(args[0] + " is larger than " + most
                    + " bytes: leave something out in dist/src/main/assembly/archive.xml");
            System.exit(1);
        }
    }
}
