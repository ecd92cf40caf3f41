# What `make install` puts where, and that the client alone needs nothing of the service.
. tests/lib.sh
here=$PWD
if [ ! -x build/caseload ] || [ ! -x build/caseloadd ]; then
	skip "make install" "build/caseload is not built (make)"
	exit
fi
check "make install DESTDIR= PREFIX=" make -s install DESTDIR="$TMP/root" PREFIX=/usr
for file in bin/caseload bin/caseloadd share/man/man1/caseload.1 share/man/man5/caseload.conf.5 \
	share/man/man7/caseload-query.7 share/man/man7/caseload-services.7 share/man/man8/caseloadd.8 share/doc/caseload/README.md \
	share/doc/caseload/LICENSE share/doc/caseload/config.example share/bash-completion/completions/caseload \
	share/caseload/kinds/bin-missed.kind; do
	check "$file is there" test -s "$TMP/root/usr/$file"
done
check "everybody may read it" test -z "$(find "$TMP/root" ! -perm -004)"
check "nothing is anywhere else" test "$(ls "$TMP/root")$(ls "$TMP/root/usr")" = "usrbin
share"
check "the installed client starts" "$TMP/root/usr/bin/caseload" --version
check "and the service" "$TMP/root/usr/bin/caseloadd" --version
for page in "$TMP"/root/usr/share/man/man*/*; do
	check "man reads ${page##*/}" sh -c "! LC_ALL=C.UTF-8 man --warnings -l '$page' 2>&1 >/dev/null | grep ."
done
check "make uninstall" make -s uninstall DESTDIR="$TMP/root" PREFIX=/usr
check "leaves no file" test -z "$(find "$TMP/root" -type f)"

make -n -B -C "$here" client BUILD="$TMP/build" >"$TMP/client" 2>"$ERR"
check "make client builds no object of the service" sh -c "! grep -q ' service/' '$TMP/client'"
check "and links neither microhttpd nor GnuTLS" sh -c \
	"grep -q -- -lcurl '$TMP/client' && ! grep -qE 'microhttpd|gnutls' '$TMP/client'"
check "nor does any of its files ask for their headers" sh -c \
	"! grep -lE '#include <(microhttpd|gnutls)' model/*.[ch] net/*.[ch] tui/*.[ch] cli/*.[ch]"
